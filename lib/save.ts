import { AppError } from './errors.ts'

/** Browsers read a blob URL some time after the click; there is no event for it. */
const REVOKE_AFTER_MS = 60_000

/** Browsers end a service worker that hears nothing for 30 s, in the middle of a slow save. */
const KEEP_ALIVE_MS = 10_000

/** Give `blob` to the browser's downloads as `name`. */
export function saveBlob(blob: Blob, name: string): void {
  // Without a type of its own the browser guesses one, and adds an extension to fit: `node` became `node.txt`.
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
 * Give `stream` to the browser's downloads as `name`, written while it is produced: the service worker answers
 * a navigation with it. Where that is not possible (no service worker, streams that can't be handed over) it is
 * collected first. Resolves when the stream has been read to its end or the person cancelled. `length` in bytes, if
 * known. Errors: `storage_failed`.
 */
export async function saveStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
  length: number | null,
): Promise<void> {
  const worker = await saveWorker()
  if (!worker) {
    saveBlob(await new Response(stream).blob(), name)
    return
  }
  const id = crypto.randomUUID()
  const pipe = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()
  const end = stream.pipeTo(pipe.writable)
  // Looked at below; until then a failure must not count as unhandled.
  end.catch(() => undefined)
  const ready = new MessageChannel()
  const accepted = new Promise<unknown>(resolve => {
    ready.port1.onmessage = resolve
  })
  worker.postMessage({ save: id, name, length, stream: pipe.readable }, [pipe.readable, ready.port2])
  await accepted
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = `/save/${id}`
  document.body.append(frame)
  const keepAlive = setInterval(() => worker.postMessage({ keepAlive: id }), KEEP_ALIVE_MS)
  try {
    await end
  } catch (reason) {
    // Anything else is the person who cancelled it in the browser's own list of downloads: they know.
    if (reason instanceof DOMException && reason.name === 'NotReadableError') {
      throw new AppError('storage_failed', 'a file could not be read while it was saved', { cause: reason })
    }
  } finally {
    clearInterval(keepAlive)
    setTimeout(() => frame.remove(), REVOKE_AFTER_MS)
  }
}

/** The active service worker, if it can take a stream from us. */
async function saveWorker(): Promise<ServiceWorker | null> {
  if (!('serviceWorker' in navigator) || !canTransferStreams()) return null
  try {
    await navigator.serviceWorker.register('/sw.js')
    return (await navigator.serviceWorker.ready).active
  } catch {
    return null
  }
}

function canTransferStreams(): boolean {
  try {
    const stream = new ReadableStream()
    structuredClone(stream, { transfer: [stream] })
    return true
  } catch {
    return false
  }
}
