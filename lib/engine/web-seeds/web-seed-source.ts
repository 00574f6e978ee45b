import type { RangeRequest } from './web-seed-requests.ts'

/** Milliseconds without a byte after which a connection is given up. There is no limit to the whole: a slow one is slow. */
const IDLE_MAX_MS = 20_000

/** An HTTP server is not asked again any later than this, whatever it says. */
export const RETRY_MAX_MS = 5 * 60_000

/**
 * Why a web seed is not fetched from. For now: `unreachable` (no answer, or it broke off), `busy` (408, 425, 429, 5xx),
 * `stalled`. For good: `not_found` (404, 410), `refused` (another status), `no_ranges` (it sends whole files only),
 * `wrong_range`, `wrong_length` (not the part that was asked for), `false_pieces` (other bytes), `bad_url`.
 */
export type WebSeedFault =
  | 'unreachable'
  | 'busy'
  | 'stalled'
  | 'not_found'
  | 'refused'
  | 'no_ranges'
  | 'wrong_range'
  | 'wrong_length'
  | 'false_pieces'
  | 'bad_url'

/** A request to a web seed that failed. */
export class WebSeedError extends Error {
  override readonly name = 'WebSeedError'
  readonly fault: WebSeedFault
  /** Milliseconds after which the server wants to be asked again (RFC 9110 section 10.2.3); null: it did not say. */
  readonly retryAfter: number | null

  constructor(fault: WebSeedFault, retryAfter: number | null = null, options?: ErrorOptions) {
    super(fault, options)
    this.fault = fault
    this.retryAfter = retryAfter
  }

  /** It may be otherwise later. */
  get passes(): boolean {
    return this.fault === 'unreachable' || this.fault === 'busy' || this.fault === 'stalled'
  }
}

interface FetchRangeOptions {
  readonly signal: AbortSignal
  /** Gets the bytes in order as they arrive, to copy before the next ones come; a promise it returns is waited for, and the server with it. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void> | void
}

/**
 * Fetch one range of a file, believing nothing: the answer must be 206 with exactly this range (RFC 9110 section 14), or
 * 200 when the range is the whole file, and have exactly so many bytes. Anything else ends the connection at once.
 * No cookies, no cache. Errors: `WebSeedError`; the reason of `signal` when that aborts.
 */
export async function fetchRange(request: RangeRequest, options: FetchRangeOptions): Promise<void> {
  const { onBytes, signal } = options
  signal.throwIfAborted()
  const attempt = new AbortController()
  const abort = () => attempt.abort()
  signal.addEventListener('abort', abort)
  const idle = new IdleLimit(abort)
  try {
    const response = await fetch(request.url, {
      headers: { range: `bytes=${request.from}-${request.from + request.length - 1}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'follow',
      referrerPolicy: 'no-referrer',
      signal: attempt.signal,
    })
    checkAnswer(response, request)
    const body = openBody(response.body ?? new Blob().stream())
    let missing = request.length
    for (;;) {
      idle.listen()
      const { done, value } = await body()
      if (done) break
      missing -= value.length
      if (missing < 0) throw new WebSeedError('wrong_length')
      const wait = onBytes(value)
      if (!wait) continue
      idle.rest()
      await wait
    }
    if (missing > 0) throw new WebSeedError('unreachable')
  } catch (reason) {
    signal.throwIfAborted()
    if (reason instanceof WebSeedError) throw reason
    throw new WebSeedError(idle.over ? 'stalled' : 'unreachable', null, { cause: reason })
  } finally {
    idle.rest()
    signal.removeEventListener('abort', abort)
    // Whatever of the body is still on its way is not wanted.
    abort()
  }
}

/** Small enough to stay in the processor's cache until it is copied. */
const CHUNK_BYTES = 256 * 1024

/** Reads a body chunk by chunk, where it can be into the same memory again and again: a chunk is gone with the next read. */
function openBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): () => Promise<ReadableStreamReadResult<Uint8Array>> {
  let reader: ReadableStreamBYOBReader
  try {
    reader = body.getReader({ mode: 'byob' })
  } catch {
    // Not a byte stream (Safari).
    const plain = body.getReader()
    return () => plain.read()
  }
  let chunk = new Uint8Array(CHUNK_BYTES)
  return async () => {
    const { done, value } = await reader.read(chunk)
    if (done || !value) return { done: true, value: undefined }
    chunk = new Uint8Array(value.buffer)
    return { done, value }
  }
}

/** Ends a connection that is silent for too long; with one timer, because a quick one has thousands of chunks a second. */
class IdleLimit {
  readonly #end: () => void
  #heardAt = performance.now()
  #timer: ReturnType<typeof setTimeout> | null = null
  over = false

  constructor(end: () => void) {
    this.#end = end
    this.listen()
  }

  /** The server's turn, from now on. */
  listen(): void {
    this.#heardAt = performance.now()
    this.#timer ??= setTimeout(() => this.#look(), IDLE_MAX_MS)
  }

  /** Not the server's turn. */
  rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #look(): void {
    const left = this.#heardAt + IDLE_MAX_MS - performance.now()
    this.over = left <= 0
    if (this.over) this.#end()
    else this.#timer = setTimeout(() => this.#look(), left)
  }
}

function checkAnswer({ headers, status }: Response, { fileLength, from, length }: RangeRequest): void {
  if (status === 200) {
    if (length !== fileLength) throw new WebSeedError('no_ranges')
  } else if (status === 206) {
    const range = headers.get('content-range') ?? ''
    const last = from + length - 1
    const [, first, end, total] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec(range.trim()) ?? []
    const fits = Number(first) === from && Number(end) === last
    if (!fits || (total !== '*' && Number(total) !== fileLength)) throw new WebSeedError('wrong_range')
  } else {
    throw faultOfStatus(status, headers)
  }
  // Compressed bytes are others: the length of what was asked for must stand there, if any does.
  const declared = headers.get('content-length')
  if (declared !== null && Number(declared) !== length) throw new WebSeedError('wrong_length')
}

function faultOfStatus(status: number, headers: Headers): WebSeedError {
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new WebSeedError('busy', parseRetryAfter(headers.get('retry-after'), Date.now()))
  }
  return new WebSeedError(status === 404 || status === 410 ? 'not_found' : 'refused')
}

/** Milliseconds until a `Retry-After` of seconds or of a date, from 0 to `RETRY_MAX_MS`; null for anything else. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  const text = value?.trim() ?? ''
  const wait = /^\d+$/.test(text)
    ? 1000 * Number(text)
    : /GMT$/.test(text)
      ? Date.parse(text) - now
      : Number.NaN
  return Number.isNaN(wait) ? null : Math.min(RETRY_MAX_MS, Math.max(0, wait))
}
