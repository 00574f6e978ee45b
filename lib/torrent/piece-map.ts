/** A cell of the piece map: 0 missing, 1 some pieces, 2 all pieces, 3 being fetched. */
export type PieceCell = 0 | 1 | 2 | 3

/** Most cells of a piece map. */
export const PIECE_CELLS_MAX = 240

/** Part of the content: its first byte in the concatenated content and its size, in bytes. */
export interface ContentRange {
  readonly offset: number
  readonly length: number
}

/** First and last piece (inclusive) with bytes of `range`; null for an empty range. Lengths in bytes. */
export function piecesOf(
  range: ContentRange,
  pieceLength: number,
): { readonly first: number; readonly last: number } | null {
  if (range.length === 0) return null
  return {
    first: Math.floor(range.offset / pieceLength),
    last: Math.floor((range.offset + range.length - 1) / pieceLength),
  }
}

/** True when the BEP 3 bitfield (high bit first) has piece `index`; false for pieces past its end. */
export function hasPiece(bitfield: Uint8Array, index: number): boolean {
  return ((bitfield[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0
}

/** Marks piece `index` in the bitfield. */
export function setPiece(bitfield: Uint8Array, index: number): void {
  bitfield[index >>> 3] = (bitfield[index >>> 3] ?? 0) | (0x80 >>> (index & 7))
}

/** Clears piece `index` in the bitfield. */
export function clearPiece(bitfield: Uint8Array, index: number): void {
  bitfield[index >>> 3] = (bitfield[index >>> 3] ?? 0) & ~(0x80 >>> (index & 7))
}

/**
 * Distributed copies: the number of peers that have the rarest piece, plus the fraction of pieces that more peers have.
 * `availability` is the number of peers that have each piece.
 */
export function distributedCopies(availability: Uint16Array | Uint32Array): number {
  if (availability.length === 0) return 0
  let rarest = Number.POSITIVE_INFINITY
  let rare = 0
  for (const copies of availability) {
    if (copies < rarest) {
      rarest = copies
      rare = 0
    }
    if (copies === rarest) rare += 1
  }
  return rarest + (availability.length - rare) / availability.length
}

/**
 * The piece map: at most `PIECE_CELLS_MAX` cells for equal runs of pieces (equal within one). A cell is 3 when a piece in it
 * is missing and `isActive` (being fetched), whatever the others are.
 */
export function pieceCells(
  pieceCount: number,
  bitfield: Uint8Array,
  isActive: (piece: number) => boolean,
): PieceCell[] {
  const cellCount = Math.min(pieceCount, PIECE_CELLS_MAX)
  const cells: PieceCell[] = []
  let piece = 0
  for (let cell = 1; cell <= cellCount; cell += 1) {
    const start = piece
    const end = Math.floor((cell * pieceCount) / cellCount)
    let had = 0
    let active = false
    for (; piece < end; piece += 1) {
      if (hasPiece(bitfield, piece)) had += 1
      else active ||= isActive(piece)
    }
    cells.push(active ? 3 : had === 0 ? 0 : had < end - start ? 1 : 2)
  }
  return cells
}
