/** A piece that is not here yet, as torrent-piece keeps it. Lengths in bytes; `_chunks` counts 16 KiB blocks. */
export interface MissingPiece {
  readonly length: number
  readonly missing: number
  readonly _chunks: number
  /** Blocks asked for so far, in order. */
  readonly _reservations: number
  /** Blocks that were asked for and not sent; null until the first request. */
  readonly _cancellations: readonly number[] | null
}

/** What the picker looks at: null for the pieces we have, and how many peers have each piece. */
export interface PickerState {
  readonly pieces: readonly (MissingPiece | null)[]
  readonly availability: ArrayLike<number>
}

/** Availability changes with every `have`; a picture this old still leads to rare pieces. */
const REFRESH_MS = 500

/**
 * Rarest first, as webtorrent draws it but without its cost: that scans all pieces, also those that are here, for every
 * block that comes in (half of a reader's time at a thousand pieces). This walks a list of missing pieces that is sorted
 * twice a second: begun ones first, so that they can soon be given to others, then by availability, ties at random.
 */
export class RarestFirst {
  readonly #state: () => PickerState
  /** A random place for each piece, and its inverse: the same all the time, so that ties do not flutter. */
  readonly #place: Uint32Array
  readonly #pieceAt: Uint32Array
  #order: readonly number[] = []
  #sortedAt = Number.NEGATIVE_INFINITY

  /** `random` gives numbers in [0, 1). */
  constructor(pieceCount: number, state: () => PickerState, random: () => number = Math.random) {
    this.#state = state
    this.#pieceAt = Uint32Array.from({ length: pieceCount }, (_, index) => index)
    for (let at = pieceCount - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      const piece = this.#pieceAt[at] ?? 0
      this.#pieceAt[at] = this.#pieceAt[other] ?? 0
      this.#pieceAt[other] = piece
    }
    this.#place = new Uint32Array(pieceCount)
    for (const [place, piece] of this.#pieceAt.entries()) this.#place[piece] = place
  }

  /**
   * The missing piece to ask for next among those `accepts` takes, or -1. Pieces whose blocks are all asked for come
   * last: they matter only to a fast peer that takes over from a slow one. `now` in milliseconds.
   */
  draw(accepts: (piece: number) => boolean, now: number): number {
    const { pieces } = this.#state()
    if (now - this.#sortedAt > REFRESH_MS) this.#sort(now)
    let reserved = -1
    for (const index of this.#order) {
      const piece = pieces[index]
      if (!piece) continue
      const open = piece._reservations < piece._chunks || (piece._cancellations?.length ?? 0) > 0
      if (!open && reserved >= 0) continue
      if (!accepts(index)) continue
      if (open) return index
      reserved = index
    }
    return reserved
  }

  #sort(now: number): void {
    const { pieces, availability } = this.#state()
    const count = this.#place.length
    const keys = new Float64Array(count)
    let missing = 0
    for (let index = 0; index < count; index++) {
      const piece = pieces[index]
      if (!piece) continue
      const begun = piece._reservations > 0
      keys[missing++] = (begun ? 0 : 1 + (availability[index] ?? 0)) * count + (this.#place[index] ?? 0)
    }
    this.#order = Array.from(keys.subarray(0, missing).sort(), key => this.#pieceAt[key % count] ?? 0)
    this.#sortedAt = now
  }
}
