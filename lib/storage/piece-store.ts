import type { Metainfo } from '../torrent/metainfo.ts'

/** Where a swarm reads the pieces it uploads. `offset` and `length` are bytes inside piece `index`. */
export interface PieceSource {
  /**
   * Bytes [offset, offset + length) of piece `index`; possibly a view into a cache: do not write to it.
   * Errors: `bad_request` (outside the piece), `storage_failed` (not here, not readable), `file_changed`.
   */
  read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** Close without deleting anything: all written pieces are there when the store is opened again. */
  close(): Promise<void>
}

/** Where a download stores its pieces. Created by an `open…Store` function that takes the metainfo. */
export interface PieceStore extends PieceSource {
  /**
   * `disk`: survives a reload · `memory`: ends with the tab · `none`: a piece is here only until it was read once, so it is
   * never offered to peers, and only what is being read is fetched.
   */
  readonly kind: 'disk' | 'memory' | 'none'
  /** The stored pieces, as a BEP 3 bitfield; grows with each `write`. The engine reads it once, when it starts. */
  readonly have: Uint8Array<ArrayBuffer>
  /** Bytes passed to `write` that are not written yet; the caller must bound it. */
  readonly pendingBytes: number
  /**
   * Verify a whole piece against its hash and store it. Takes over the buffer. False: the hash differs, nothing is stored.
   * Errors: `storage_full` (nothing is stored; try again when there is room), `storage_failed`.
   */
  write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
  /** Change which files (metainfo order) are wanted whole. It decides where pieces are stored; nothing is deleted. */
  select(files: readonly number[]): Promise<void>
  /** The bytes of a file all of whose pieces are here, by reference. Errors: `storage_failed`. */
  file(index: number): Promise<Blob>
  /** Of `kind` `none`: the reader is past this piece, so drop it and all before it. Returns the dropped pieces. */
  release?(index: number): readonly number[]
  /**
   * Of stores that outlive the process: read a stored piece and hash it. False: it is damaged, and no longer stored. What is
   * read is verified too, once: a piece that fails is reported to `onDamaged`, and the read fails.
   */
  verify?(index: number): Promise<boolean>
  /** Set by the engine: these stored pieces are damaged or gone, and must be fetched again. */
  onDamaged?: ((pieces: readonly number[]) => void) | null
  /** Close and delete the bytes. */
  destroy(): Promise<void>
}

/** Bytes of piece `index`; the last one may be short. */
export function pieceSize({ length, pieceLength }: Pick<Metainfo, 'length' | 'pieceLength'>, index: number) {
  return Math.min(pieceLength, length - index * pieceLength)
}
