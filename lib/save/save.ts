import { AppError, toAppError } from '../base/errors.ts'
import { activeWorker, keepAwake } from '../browser/service-worker.ts'
import { portSink } from './port-sink.ts'

/** Browsers read a blob URL some time after the click; there is no event for it. */
const REVOKE_AFTER_MS = 60_000

/** Progress of a save, and how to cancel it. */
export interface SaveWatch {
  /** Cancels the save: what was written so far is deleted. */
  readonly signal: AbortSignal
  /** Called with the bytes written so far. */
  readonly onProgress: (bytes: number) => void
}

/** Whether a save failed because the person closed a picker, or cancelled it here or in the browser's own list. */
export function wasCancelled(reason: unknown): boolean {
  const closed = reason instanceof DOMException && reason.name === 'AbortError'
  return closed || toAppError(reason).code === 'cancelled'
}

/** Save `blob` in the browser's downloads as `name`. */
export function saveBlob(blob: Blob, name: string): void {
  // For a blob without a type the browser guesses one and adds an extension to match: `node` became `node.txt`.
  const url = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS)
}

/**
 * Save `stream` in the browser's downloads as `name`, written while it is produced: the service worker answers a
 * navigation with it. Where there is no service worker it is collected first. Resolves when the stream has been read to
 * its end; `length` in bytes, if known.
 * Errors: `cancelled` (by the signal or in the browser's own list), and those of the stream.
 */
export async function saveStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
  length: number | null,
  { signal, onProgress }: SaveWatch,
): Promise<void> {
  const worker = await activeWorker()
  if (!worker) {
    saveBlob(await collect(stream, { signal, onProgress }), name)
    return
  }
  const counted = stream.pipeThrough(counter(onProgress))
  const id = crypto.randomUUID()
  const { sink, handOver } = canTransferStreams() ? streamRelay() : portRelay(signal)
  const end = pipe(counted, sink, signal)
  // Awaited below; until then a rejection must not count as unhandled.
  end.catch(() => undefined)
  const ready = new MessageChannel()
  const accepted = new Promise<unknown>(resolve => {
    ready.port1.onmessage = resolve
  })
  worker.postMessage({ save: id, name, length, ...handOver }, [ready.port2, ...Object.values(handOver)])
  await accepted
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = `/save/${id}`
  document.body.append(frame)
  const letWorkerSleep = keepAwake(worker)
  try {
    await end
  } finally {
    letWorkerSleep()
    setTimeout(() => frame.remove(), REVOKE_AFTER_MS)
  }
}

/**
 * Write `stream` into `target`, whose old content is replaced only when everything is written.
 * Errors: `cancelled`, `storage_failed` (the target cannot be written), and those of the stream.
 */
export async function saveInto(
  target: FileSystemFileHandle,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { signal, onProgress }: SaveWatch,
): Promise<void> {
  const writable = await target.createWritable().catch(cause => {
    throw new AppError('storage_failed', target.name, { cause })
  })
  await pipe(stream.pipeThrough(counter(onProgress)), writable, signal)
}

/** The whole of `stream` in one blob. Errors: `cancelled`, `storage_failed` (there is no room), and those of the stream. */
export async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { signal, onProgress }: SaveWatch,
): Promise<Blob> {
  const whole = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()
  const end = pipe(stream.pipeThrough(counter(onProgress)), whole.writable, signal)
  const blob = new Response(whole.readable).blob()
  // Both fail together, and only the error of `end` says why.
  blob.catch(() => undefined)
  await end
  return blob
}

async function pipe<Chunk>(
  from: ReadableStream<Chunk>,
  to: WritableStream<Chunk>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await from.pipeTo(to, { signal })
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const name = cause instanceof DOMException ? cause.name : ''
    if (name === 'QuotaExceededError' || name === 'NotReadableError' || name === 'NoModificationAllowedError')
      throw new AppError('storage_failed', '', { cause })
    // Anything else is the person's doing, here or in the browser's own list of downloads.
    throw new AppError('cancelled', '', { cause })
  }
}

function counter(onProgress: (bytes: number) => void) {
  let bytes = 0
  return new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytes += chunk.length
      onProgress(bytes)
      controller.enqueue(chunk)
    },
  })
}

/** Where a save is written to, and what the service worker gets to read it from. */
interface Relay {
  readonly sink: WritableStream<Uint8Array<ArrayBuffer>>
  readonly handOver: { readonly stream: ReadableStream } | { readonly port: MessagePort }
}

function streamRelay(): Relay {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()
  return { sink: writable, handOver: { stream: readable } }
}

function portRelay(signal: AbortSignal): Relay {
  const { port1, port2 } = new MessageChannel()
  return { sink: portSink(port1, signal), handOver: { port: port2 } }
}

/** Whether `saveStream` writes while the stream is produced here, instead of collecting it first. */
export const canStreamToDownloads = (): boolean => 'serviceWorker' in navigator

function canTransferStreams(): boolean {
  try {
    const stream = new ReadableStream()
    structuredClone(stream, { transfer: [stream] })
    return true
  } catch {
    return false
  }
}
