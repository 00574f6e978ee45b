import { createHash, type Hash } from 'node:crypto'
import { HASH_BYTES } from '../../../lib/encryption/plan.ts'

/** SHA-256 of the chunks [first, …) of plain files, 32 bytes each. */
export interface HashedChunks {
  readonly first: number
  readonly digests: Uint8Array<ArrayBuffer>
}

/** Part of a file that is still to be read; bytes. */
interface Rest {
  readonly file: number
  readonly from: number
  readonly length: number
}

/**
 * SHA-256 of the chunks of plain files that begin in a span of their bytes. What is given to `update` follows one another; the end
 * of the last chunk may lie behind the span, and is `rest`.
 */
export class ChunkHasher {
  readonly #files: readonly { readonly length: number }[]
  readonly #chunkLength: number
  readonly #digests: Uint8Array[] = []
  #first: number | null = null
  #open: { readonly hash: Hash; readonly file: number; readonly end: number; at: number } | null = null

  constructor(files: readonly { readonly length: number }[], chunkLength: number) {
    this.#files = files
    this.#chunkLength = chunkLength
  }

  /** `bytes` are those of file `file` from its byte `at` on. */
  update(bytes: Uint8Array, file: number, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      const from = at + done
      this.#open ??= this.#begin(file, from)
      // The chunk that began before the span is hashed by whoever had its first byte.
      const end = this.#open?.end ?? this.#chunkLength * Math.ceil(from / this.#chunkLength)
      const part = bytes.subarray(done, done + end - from)
      done += part.length
      if (!this.#open) continue
      this.#open.hash.update(part)
      this.#open.at = from + part.length
      if (this.#open.at < end) continue
      this.#digests.push(this.#open.hash.digest())
      this.#open = null
    }
  }

  /** What is missing of the last chunk. */
  rest(): Rest | null {
    return (
      this.#open && { file: this.#open.file, from: this.#open.at, length: this.#open.end - this.#open.at }
    )
  }

  take(): HashedChunks | undefined {
    if (this.#first === null) return undefined
    const digests = new Uint8Array(this.#digests.length * HASH_BYTES)
    for (const [index, digest] of this.#digests.entries()) digests.set(digest, index * HASH_BYTES)
    return { first: this.#first, digests }
  }

  #begin(file: number, at: number) {
    if (at % this.#chunkLength !== 0) return null
    const end = Math.min(at + this.#chunkLength, this.#files[file]?.length ?? 0)
    this.#first ??= this.#numberOf(file, at)
    return { hash: createHash('sha256'), file, end, at }
  }

  /** Of all chunks of the share. Once a span: linear in the number of files. */
  #numberOf(file: number, at: number): number {
    let before = Math.floor(at / this.#chunkLength)
    for (let index = 0; index < file; index++) {
      before += Math.ceil((this.#files[index]?.length ?? 0) / this.#chunkLength)
    }
    return before
  }
}
