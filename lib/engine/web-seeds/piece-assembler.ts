import { pieceSize } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'

/** Assembles consecutive pieces from bytes that arrive in order; skipped bytes are zeros (padding, BEP 47). */
export class PieceAssembler {
  readonly #metainfo: Metainfo
  readonly #onPiece: (piece: number, bytes: Uint8Array<ArrayBuffer>) => void
  #bytes: Uint8Array<ArrayBuffer> | null = null
  #at: number

  /** Starts at piece `first`. `onPiece` gets each whole piece and owns its buffer. */
  constructor(
    metainfo: Metainfo,
    first: number,
    onPiece: (piece: number, bytes: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#metainfo = metainfo
    this.#onPiece = onPiece
    this.#at = first * metainfo.pieceLength
  }

  /** Offset of the next byte in the content. */
  get at(): number {
    return this.#at
  }

  put(bytes: Uint8Array): void {
    let taken = 0
    while (taken < bytes.length) {
      this.#advance(bytes.length - taken, (piece, offset, length) => {
        piece.set(bytes.subarray(taken, taken + length), offset)
        taken += length
      })
    }
  }

  /** Zeros up to byte `end` of the content. */
  skipTo(end: number): void {
    while (this.#at < end) this.#advance(end - this.#at, () => {})
  }

  /** Advance by at most `length` bytes within one piece. */
  #advance(length: number, fill: (piece: Uint8Array, offset: number, length: number) => void): void {
    const { pieceLength } = this.#metainfo
    const index = Math.floor(this.#at / pieceLength)
    const size = pieceSize(this.#metainfo, index)
    const offset = this.#at - index * pieceLength
    const step = Math.min(length, size - offset)
    this.#bytes ??= new Uint8Array(size)
    fill(this.#bytes, offset, step)
    this.#at += step
    if (offset + step < size) return
    const whole = this.#bytes
    this.#bytes = null
    this.#onPiece(index, whole)
  }
}
