import type { BrowserTab } from '../browser/browser-tab.ts'
import { activeWorker, keepAwake } from '../browser/service-worker.ts'
import type { SwarmEngine } from '../engine/engine.ts'
import { answerPlay, parsePlayPath } from './answer.ts'

/**
 * A stream that nobody pulls from for this long, while a newer one of the same file runs, is one the player has left:
 * some browsers do not tell the service worker when a request ends.
 */
const STALE_AFTER_MS = 30_000

/**
 * Answer the service worker's requests for bytes of the shares this tab takes part in (`public/sw.js`), until the
 * returned function is called. Streams that are open then run to their end.
 */
export function servePlays({ engine }: BrowserTab): () => void {
  if (!('serviceWorker' in navigator)) return () => {}
  const server = new PlayServer(engine)
  const container = navigator.serviceWorker
  const listen = ({ data, ports: [port] }: MessageEvent<unknown>) => {
    if (port && isRequest(data)) server.answer(data, port)
  }
  container.addEventListener('message', listen)
  container.startMessages()
  return () => container.removeEventListener('message', listen)
}

interface PlayRequest {
  readonly play: string
  readonly range: string | null
}

const isRequest = (data: unknown): data is PlayRequest =>
  typeof data === 'object' && data !== null && 'play' in data && typeof data.play === 'string'

/** A body that is being read by the service worker. */
interface OpenStream {
  readonly path: string
  pulledAt: number
  readonly end: () => void
}

class PlayServer {
  readonly #engine: SwarmEngine
  readonly #streams = new Set<OpenStream>()
  #letWorkerSleep: (() => void) | null = null

  constructor(engine: SwarmEngine) {
    this.#engine = engine
  }

  answer({ play: path, range }: PlayRequest, port: MessagePort): void {
    const wanted = parsePlayPath(path)
    const metainfo = wanted && this.#engine.metainfo(wanted.infoHash)
    if (!wanted || !metainfo) {
      port.postMessage(null)
      return
    }
    const { status, headers, body } = answerPlay(metainfo, wanted.index, range)
    port.postMessage({ status, headers, hasBody: body !== null })
    if (body) this.#send(path, this.#engine.readFile(wanted.infoHash, wanted.index, body).getReader(), port)
  }

  /** One chunk for each `pull`, transferred without a copy; `cancel` ends it. */
  #send(path: string, reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>, port: MessagePort): void {
    const stream: OpenStream = {
      path,
      pulledAt: performance.now(),
      end: () => {
        port.onmessage = null
        port.close()
        void reader.cancel().catch(() => undefined)
        this.#streams.delete(stream)
        this.#keepWorkerAwake()
      },
    }
    port.onmessage = async ({ data }: MessageEvent<unknown>) => {
      if (data === 'cancel') {
        stream.end()
        return
      }
      stream.pulledAt = performance.now()
      try {
        const { value, done } = await reader.read()
        if (value) port.postMessage({ bytes: value }, [value.buffer])
        else port.postMessage({ done })
        if (done) stream.end()
      } catch {
        port.postMessage({ failed: true })
        stream.end()
      }
    }
    this.#endStale(path)
    this.#streams.add(stream)
    this.#keepWorkerAwake()
  }

  #endStale(path: string): void {
    const now = performance.now()
    for (const stream of this.#streams) {
      if (stream.path === path && now - stream.pulledAt > STALE_AFTER_MS) stream.end()
    }
  }

  /** As long as there are streams. */
  #keepWorkerAwake(): void {
    if (this.#streams.size === 0) {
      this.#letWorkerSleep?.()
      this.#letWorkerSleep = null
    } else if (!this.#letWorkerSleep) {
      let ended = false
      let stop = () => {}
      this.#letWorkerSleep = () => {
        ended = true
        stop()
      }
      void activeWorker().then(worker => {
        if (worker && !ended) stop = keepAwake(worker)
      })
    }
  }
}
