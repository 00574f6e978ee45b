import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import { segmentsOf } from '../../lib/torrent/segments.ts'

/** What a worker hashes from. Lengths in bytes. */
export interface HashedContent {
  readonly files: readonly { readonly location: string; readonly length: number; readonly offset: number }[]
  readonly length: number
  readonly pieceLength: number
}

/** Pieces [first, first + count). */
export interface Span {
  readonly first: number
  readonly count: number
}

/** The digests of a span, or the file that could not be read, or was shorter than it said. */
export type Hashed =
  | { readonly digests: Uint8Array<ArrayBuffer> }
  | { readonly problem: 'file_unreadable' | 'file_changed'; readonly location: string }

const READ_BYTES = 1024 * 1024

const { files, length, pieceLength }: HashedContent = workerData
const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, pieceLength))
/** The file read last stays open: spans go through the content in order. */
let open: { readonly index: number; readonly descriptor: number } | null = null

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
  const location = files[file]?.location ?? ''
  try {
    const descriptor = descriptorOf(file, location)
    for (let done = 0; done < bytes; ) {
      const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, bytes - done), offset + done)
      if (read === 0) return { problem: 'file_changed', location }
      sha1.update(buffer.subarray(0, read))
      done += read
    }
    return null
  } catch {
    return { problem: 'file_unreadable', location }
  }
}

function descriptorOf(index: number, location: string): number {
  if (open?.index === index) return open.descriptor
  if (open) closeSync(open.descriptor)
  open = null
  open = { index, descriptor: openSync(location, 'r') }
  return open.descriptor
}
