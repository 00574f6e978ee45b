import { AppError } from '../../base/errors.ts'
import { isLoadError } from '../../base/worker-error.ts'

interface HashWatch {
  readonly signal: AbortSignal
  /** Called with the bytes that are hashed so far. */
  readonly onBytes: (bytes: number) => void
}

/**
 * SHA-256 (FIPS 180-4) of a stream in hex, hashed in a worker, which takes over what the stream gives.
 * Errors: those of the stream, `cancelled`, `server_unreachable` (the worker's script).
 */
export async function sha256Of(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { onBytes, signal }: HashWatch,
): Promise<string> {
  const worker = new Worker(new URL('./checksum-worker.ts', import.meta.url), { type: 'module' })
  const reader = stream.getReader()
  let bytes = 0
  try {
    for (;;) {
      if (signal.aborted) throw new AppError('cancelled')
      const { value } = await reader.read()
      if (!value) return String(await ask(worker, 'end'))
      bytes += Number(await ask(worker, value, [value.buffer]))
      onBytes(bytes)
    }
  } finally {
    worker.terminate()
    await reader.cancel().catch(() => {})
  }
}

const ask = (worker: Worker, message: Uint8Array | 'end', transfer: Transferable[] = []) =>
  new Promise<number | string>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number | string>) => resolve(data)
    worker.onerror = ({ message: detail }) =>
      reject(
        isLoadError(detail)
          ? new AppError('server_unreachable', 'the code for checksums')
          : new AppError('internal', `checksum worker: ${detail}`),
      )
    worker.postMessage(message, transfer)
  })
