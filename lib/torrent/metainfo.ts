import type { InfoHash } from './ids.ts'

/** One file inside the content. `offset` is its first byte in the concatenated content; bytes. */
export interface ContentFile {
  readonly path: readonly string[]
  readonly length: number
  readonly offset: number
  /** BEP 47 padding (`attr` contains `p`): bytes that belong to no file a person sees. */
  readonly padding: boolean
}

/** A checked BEP 3 version 1 metainfo file. Lengths in bytes. */
export interface Metainfo {
  readonly infoHash: InfoHash
  readonly infoBytes: Uint8Array<ArrayBuffer>
  readonly name: string
  readonly pieceLength: number
  readonly pieceCount: number
  /** 20 bytes of SHA-1 a piece. */
  readonly pieces: Uint8Array<ArrayBuffer>
  readonly length: number
  /** `path` holds the components below `name`; for a single file, `[name]`. */
  readonly files: readonly ContentFile[]
  readonly singleFile: boolean
  readonly private: boolean
  readonly comment: string
  readonly announceList: readonly (readonly string[])[]
}
