import { clearPiece, hasPiece, setPiece } from '../../torrent/piece-map.ts'
import type { Wire } from '../webtorrent-types.ts'

/** How many connected peers have each piece. */
export class Availability {
  readonly counts: Uint16Array
  /** The pieces each peer is counted with: a new bitfield may replace all of them. */
  readonly #counted = new Map<Wire, Uint8Array>()
  readonly #pieces = new Map<Wire, number>()

  constructor(pieceCount: number) {
    this.counts = new Uint16Array(pieceCount)
  }

  /** Count the pieces of a peer; replaces an earlier count. */
  count(wire: Wire): void {
    const counted = this.#counted.get(wire) ?? new Uint8Array(Math.ceil(this.counts.length / 8))
    this.#counted.set(wire, counted)
    for (let piece = 0; piece < this.counts.length; piece++)
      this.#set(wire, counted, piece, wire.peerPieces.get(piece))
  }

  /** Count one more piece of a peer. False for a piece that does not exist or is counted already. */
  countHave(wire: Wire, piece: number): boolean {
    const counted = this.#counted.get(wire)
    if (!counted || piece >= this.counts.length || hasPiece(counted, piece)) return false
    this.#set(wire, counted, piece, true)
    return true
  }

  remove(wire: Wire): void {
    const counted = this.#counted.get(wire)
    if (!counted) return
    this.#counted.delete(wire)
    for (let piece = 0; piece < this.counts.length; piece++) this.#set(wire, counted, piece, false)
    this.#pieces.delete(wire)
  }

  /** How many pieces this peer has. */
  piecesOf(wire: Wire): number {
    return this.#pieces.get(wire) ?? 0
  }

  #set(wire: Wire, counted: Uint8Array, piece: number, has: boolean): void {
    if (has === hasPiece(counted, piece)) return
    this.counts[piece] = (this.counts[piece] ?? 0) + (has ? 1 : -1)
    this.#pieces.set(wire, this.piecesOf(wire) + (has ? 1 : -1))
    if (has) setPiece(counted, piece)
    else clearPiece(counted, piece)
  }
}
