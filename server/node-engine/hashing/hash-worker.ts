import { createCipheriv, createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { counterAt } from '../../../lib/encryption/cipher.ts'
import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import { segmentsOf } from '../../../lib/torrent/segments.ts'
import { ChunkHasher, type HashedChunks } from './chunk-hasher.ts'

/** The content that workers hash; zeros where `location` is null (BEP 47 padding). Lengths in bytes. */
export interface HashedContent {
  readonly files: readonly {
    readonly location: string | null
    readonly length: number
    readonly offset: number
  }[]
  readonly length: number
  readonly pieceLength: number
  /** The files are those inside an encrypted share: pieces are of ciphertext. */
  readonly seal?: FileSeal
}

/** How the content of an encrypted share is made. Lengths in bytes. */
export interface FileSeal {
  /** Before the content. */
  readonly head: Uint8Array
  /** Of AES-256-CTR, and the first half of its counter. */
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  /** With it, the plain files are hashed in chunks of this many bytes; null: not again. */
  readonly chunkLength: number | null
}

/** Pieces [first, first + count). */
export interface Span {
  readonly first: number
  readonly count: number
}

/** The digests of a span, or the file that could not be read or was shorter than expected. */
export type Hashed =
  | { readonly digests: Uint8Array<ArrayBuffer>; readonly chunks?: HashedChunks | undefined }
  | { readonly problem: 'file_unreadable' | 'file_changed'; readonly location: string }

/** What is read at a time is hashed out of the core's own cache: larger reads cost more, in the system and in memory. */
const READ_BYTES = 64 * 1024

const { files, length, pieceLength, seal }: HashedContent = workerData
const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, pieceLength))
/** The last file that was read stays open: spans go through the content in order. */
let open: { readonly location: string; readonly descriptor: number } | null = null

parentPort?.on('message', (span: Span) => {
  const answer = hash(span)
  parentPort?.postMessage(answer, 'digests' in answer ? [answer.digests.buffer] : [])
})

function hash({ count, first }: Span): Hashed {
  const digests = new Uint8Array(count * PIECE_HASH_BYTES)
  const chunks = seal && seal.chunkLength !== null ? new ChunkHasher(files, seal.chunkLength) : null
  for (let index = 0; index < count; index++) {
    const start = (first + index) * pieceLength
    const end = Math.min(start + pieceLength, length)
    const sha1 = createHash('sha1')
    const head = seal?.head.subarray(start, end) ?? new Uint8Array()
    sha1.update(head)
    const encrypt = seal && head.length === 0 ? cipherAt(seal, start - seal.head.length) : null
    const take = (bytes: Uint8Array, file: number, at: number) => {
      chunks?.update(bytes, file, at)
      sha1.update(encrypt?.update(bytes) ?? bytes)
    }
    let done = start + head.length
    for (const { file, length: bytes, fileOffset } of segmentsOf(files, done, end)) {
      const problem = read(file, fileOffset, bytes, take)
      if (problem) return problem
      done += bytes
    }
    // Behind the files of an encrypted share are zeros.
    if (encrypt) for (; done < end; done += buffer.length) sha1.update(encrypt.update(zeros(end - done)))
    digests.set(sha1.digest(), index * PIECE_HASH_BYTES)
  }
  const rest = chunks?.rest()
  const problem =
    rest && read(rest.file, rest.from, rest.length, (bytes, file, at) => chunks?.update(bytes, file, at))
  return problem ?? { digests, chunks: chunks?.take() }
}

/** A piece begins with a block of the cipher: its length is a multiple of 16. */
const cipherAt = ({ key, nonce }: FileSeal, offset: number) =>
  createCipheriv('aes-256-ctr', key, counterAt(nonce, offset))

const zeros = (bytes: number): Uint8Array => buffer.subarray(0, Math.min(bytes, buffer.length)).fill(0)

function read(
  file: number,
  offset: number,
  bytes: number,
  onRead: (bytes: Uint8Array, file: number, at: number) => void,
): Hashed | null {
  const location = files[file]?.location ?? null
  try {
    for (let done = 0; done < bytes; ) {
      const part = readAt(location, offset + done, Math.min(buffer.length, bytes - done))
      if (part.length === 0) return { problem: 'file_changed', location: location ?? '' }
      onRead(part, file, offset + done)
      done += part.length
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
