import type { SealJob } from '../torrent/metainfo.ts'

/** What is hashed: files one after the other, or the encrypted content that is made of them while they are hashed. */
export type HashedContent = Blob | SealedContent

export interface SealedContent {
  readonly plain: Blob
  readonly seal: SealJob
  /** Sizes of the files, where SHA-256 of their chunks is wanted too; bytes. */
  readonly chunked?: Float64Array<ArrayBuffer>
}

/** Bytes. */
export const sizeOf = (content: HashedContent): number =>
  content instanceof Blob ? content.size : content.seal.length
