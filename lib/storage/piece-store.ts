import type { Metainfo } from '../torrent/metainfo.ts'

/** Where a swarm reads pieces to give them to others. `offset` and `length` are bytes inside piece `index`. */
export interface PieceSource {
  /**
   * Bytes [offset, offset + length) of piece `index`; perhaps a view into a cache: do not write to it.
   * Errors: `bad_request` (outside the piece), `storage_failed` (not here, not readable), `file_changed`.
   */
  read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** Let go of the resources, keep the bytes. Whatever was written before is there when the store is opened again. */
  close(): Promise<void>
}

/** Where a download keeps its pieces. Made by an `open…Store` function that takes the metainfo. */
export interface PieceStore extends PieceSource {
  /**
   * `disk`: comes back after a reload · `memory`: gone with the tab · `none`: a piece is here only until it was read
   * once, so others are never told of it and only what somebody reads is fetched.
   */
  readonly kind: 'disk' | 'memory' | 'none'
  /** The pieces that are here, as a BEP 3 bitfield; grows as `write` keeps pieces. */
  readonly have: Uint8Array<ArrayBuffer>
  /** Bytes given to `write` that are not written yet; whoever fetches must bound it. */
  readonly pendingBytes: number
  /**
   * Check a whole piece against its hash and keep it. Takes over the buffer. False: the hash does not fit, nothing was
   * kept. Errors: `storage_full` (nothing kept; try again when there is room), `storage_failed`.
   */
  write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
  /** Files (metainfo order) that are wanted whole; says where pieces are laid, forgets nothing. */
  select(files: readonly number[]): Promise<void>
  /** The bytes of a file all of whose pieces are here, by reference. Errors: `storage_failed`. */
  file(index: number): Promise<Blob>
  /** A reader of `kind` `none` is past this piece, and so past all before it: they go. Returns which there were. */
  release?(index: number): readonly number[]
  /** Let go of the bytes too. */
  destroy(): Promise<void>
}

/** Bytes of piece `index`; the last one may be short. */
export function pieceSize({ length, pieceLength }: Pick<Metainfo, 'length' | 'pieceLength'>, index: number) {
  return Math.min(pieceLength, length - index * pieceLength)
}
