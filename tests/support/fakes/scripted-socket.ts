type Handler = ((event: never) => void) | null

/** A WebSocket of the W3C interface whose other end is the test. */
export class ScriptedSocket {
  static readonly opened: ScriptedSocket[] = []
  readonly OPEN = 1
  readonly CLOSING = 2
  readyState = 0
  binaryType = 'blob'
  onopen: Handler = null
  onmessage: Handler = null
  onerror: Handler = null
  onclose: Handler = null
  readonly url: string
  readonly sent: Record<string, unknown>[] = []

  constructor(url: string) {
    this.url = url
    ScriptedSocket.opened.push(this)
  }

  /** The newest one. */
  static get last(): ScriptedSocket {
    const last = ScriptedSocket.opened.at(-1)
    if (!last) throw new Error('no socket was opened')
    return last
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.readyState = this.CLOSING
  }

  /** It opens. */
  open(): void {
    this.readyState = this.OPEN
    this.#call('onopen', {})
  }

  /** The other end sends `message`. */
  receive(message: unknown): void {
    this.#call('onmessage', { data: typeof message === 'string' ? message : JSON.stringify(message) })
  }

  /** It fails, as a browser (no reason) or Node says it. */
  fail(error?: Error): void {
    this.#call('onerror', error ? { error } : {})
    this.end()
  }

  /** The connection is over. */
  end(): void {
    this.readyState = 3
    this.#call('onclose', {})
  }

  #call(name: 'onopen' | 'onmessage' | 'onerror' | 'onclose', event: object): void {
    this[name]?.(event as never)
  }
}
