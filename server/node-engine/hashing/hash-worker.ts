import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import { segmentsOf } from '../../../lib/torrent/segments.ts'

/** The content that workers hash; zeros where `location` is null (BEP 47 padding). Lengths in bytes. */
export interface HashedContent {
  readonly files: readonly {
    readonly location: string | null
    readonly length: number
    readonly offset: number
  }[]
  readonly length: number
  readonly pieceLength: number
}

/** Pieces [first, first + count). */
export interface Span {
  readonly first: number
  readonly count: number
}

/** The digests of a span, or the file that could not be read or was shorter than expected. */
export type Hashed =
  | { readonly digests: Uint8Array<ArrayBuffer> }
  | { readonly problem: 'file_unreadable' | 'file_changed'; readonly location: string }

/** What is read at a time is hashed out of the core's own cache: larger reads cost more, in the system and in memory. */
const READ_BYTES = 128 * 1024

const { files, length, pieceLength }: HashedContent = workerData
const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, pieceLength))
/** The last file that was read stays open: spans go through the content in order. */
let open: { readonly location: string; readonly descriptor: number } | null = null

parentPort?.on('message', (span: Span) => {
  const answer = hash(span)
  parentPort?.postMessage(answer, 'digests' in answer ? [answer.digests.buffer] : [])
})

function hash({ count, first }: Span): Hashed {
  const digests = new Uint8Array(count * PIECE_HASH_BYTES)
  for (let index = 0; index < count; index++) {
    const start = (first + index) * pieceLength
    const sha1 = createHash('sha1')
    for (const { file, length: bytes, fileOffset } of segmentsOf(
      files,
      start,
      Math.min(start + pieceLength, length),
    )) {
      const problem = update(sha1, file, fileOffset, bytes)
      if (problem) return problem
    }
    digests.set(sha1.digest(), index * PIECE_HASH_BYTES)
  }
  return { digests }
}

function update(
  sha1: ReturnType<typeof createHash>,
  file: number,
  offset: number,
  bytes: number,
): Hashed | null {
  const location = files[file]?.location ?? null
  try {
    for (let done = 0; done < bytes; ) {
      const read = readAt(location, offset + done, Math.min(buffer.length, bytes - done))
      if (read.length === 0) return { problem: 'file_changed', location: location ?? '' }
      sha1.update(read)
      done += read.length
    }
    return null
  } catch {
    return { problem: 'file_unreadable', location: location ?? '' }
  }
}

/** At most `bytes` of a file from `offset` on, none at its end; valid until the next call. */
function readAt(location: string | null, offset: number, bytes: number): Uint8Array {
  if (location === null) return buffer.subarray(0, bytes).fill(0)
  if (open?.location !== location) {
    if (open) closeSync(open.descriptor)
    open = null
    open = { location, descriptor: openSync(location, 'r') }
  }
  return buffer.subarray(0, readSync(open.descriptor, buffer, 0, bytes, offset))
}
