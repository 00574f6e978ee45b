import { activeWorker, keepAwake } from '../browser/service-worker.ts'
import { getEngine } from '../engine/index.ts'
import { answerPlay, parsePlayPath } from './answer.ts'

/**
 * A stream nobody pulls from for this long, while newer ones of the same file run, is one the player has left: some
 * browsers do not tell the service worker when a request ends.
 */
const STALE_AFTER_MS = 30_000

/** A body that is being read by the service worker. */
interface OpenStream {
  readonly path: string
  pulledAt: number
  readonly end: () => void
}

const streams = new Set<OpenStream>()
let letSleep: (() => void) | null = null

/**
 * Answer the service worker's requests for bytes of the shares this tab takes part in (`public/sw.js`), until the
 * returned function is called.
 */
export function servePlays(): () => void {
  if (!('serviceWorker' in navigator)) return () => {}
  const container = navigator.serviceWorker
  const listen = ({ data, ports: [port] }: MessageEvent<unknown>) => {
    if (port && isRequest(data)) serve(data, port)
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

function serve({ play: path, range }: PlayRequest, port: MessagePort): void {
  const wanted = parsePlayPath(path)
  const metainfo = wanted && getEngine().metainfo(wanted.infoHash)
  if (!metainfo) {
    port.postMessage(null)
    return
  }
  const { status, headers, body } = answerPlay(metainfo, wanted.index, range)
  port.postMessage({ status, headers, hasBody: body !== null })
  if (body) giveBytes(path, getEngine().read(wanted.infoHash, body.start, body.end).getReader(), port)
}

/** One chunk for each `pull`, handed over without a copy; `cancel` ends it. */
function giveBytes(
  path: string,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  port: MessagePort,
): void {
  const stream: OpenStream = {
    path,
    pulledAt: performance.now(),
    end: () => {
      port.onmessage = null
      port.close()
      void reader.cancel().catch(() => undefined)
      streams.delete(stream)
      settle()
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
  endStale(path)
  streams.add(stream)
  settle()
}

function endStale(path: string): void {
  const now = performance.now()
  for (const stream of streams) {
    if (stream.path === path && now - stream.pulledAt > STALE_AFTER_MS) stream.end()
  }
}

/** The worker stays awake while it reads from us. */
function settle(): void {
  if (streams.size === 0) {
    letSleep?.()
    letSleep = null
  } else if (!letSleep) {
    let ended = false
    let stop = () => {}
    letSleep = () => {
      ended = true
      stop()
    }
    void activeWorker().then(worker => {
      if (worker && !ended) stop = keepAwake(worker)
    })
  }
}
