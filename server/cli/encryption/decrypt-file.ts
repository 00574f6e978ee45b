import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { toDiskError } from '../../node-engine/disk-error.ts'

/** Bytes [start, end) of a file, from byte `offset` of what they are numbered in. Errors: `file_unreadable`. */
export type ReadBytes = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>

/** Runs `use` with the bytes of the file at `path`, whose first one is number `offset`. */
export async function withBytesOf<Result>(
  path: string,
  offset: number,
  use: (read: ReadBytes) => Promise<Result>,
): Promise<Result> {
  const file = await open(path).catch(rethrow)
  try {
    return await use(async (start, end) => {
      const bytes = new Uint8Array(end - start)
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, start - offset + done)
        if (bytesRead === 0) return bytes.subarray(0, done)
        done += bytesRead
      }
      return bytes
    })
  } finally {
    await file.close()
  }
}

/** Writes checked bytes into a new file. Errors: those of `parts`, `storage_full`, `storage_failed`. */
export async function writeChecked(
  parts: AsyncIterable<Uint8Array<ArrayBuffer>>,
  path: string,
): Promise<void> {
  await pipeline(Readable.from(parts), createWriteStream(path, { flags: 'w', flush: true })).catch(rethrow)
}

/** What is read of files, as a stream of one part. */
export const streamOfBytes = (read: ReadBytes) => (start: number, end: number) => {
  let at = start
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const bytes = at < end ? await read(at, Math.min(end, at + 1024 * 1024)) : null
        if (bytes === null || bytes.length === 0) return controller.close()
        at += bytes.length
        controller.enqueue(bytes)
      },
    },
    { highWaterMark: 0 },
  )
}

function rethrow(reason: unknown): never {
  throw toDiskError(reason)
}
