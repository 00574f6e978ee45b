/** Availability changes with every `have`; an order this old still leads to rare pieces. */
const REFRESH_MS = 500

/** The scheduler's state that pieces are drawn from. */
export interface RarestFirstState {
  /** True for a wanted piece that nobody is fetching. */
  readonly isOpen: (piece: number) => boolean
  /** Peers that have each piece. */
  readonly availability: ArrayLike<number>
}

/**
 * Pieces within this many bytes are drawn one after the other, so that their blocks are read from and written to disk
 * together. Small pieces drawn one by one cost a publisher a read each.
 */
const RUN_BYTES = 1024 * 1024

/**
 * Rarest first: walks a list of open pieces that is sorted twice a second by availability, ties at random, so that
 * readers of one publisher soon have different pieces to exchange. A scan of all pieces for every block would
 * cost half of a reader's time at a thousand pieces.
 */
export class RarestFirst {
  readonly #state: RarestFirstState
  /** A random rank for each piece, and its inverse: fixed, so that the order of ties is stable. */
  readonly #place: Uint32Array
  readonly #pieceAt: Uint32Array
  #order: readonly number[] = []
  #hasReopened = false
  #sortedAt = Number.NEGATIVE_INFINITY

  /** `pieceLength` in bytes. */
  constructor(pieceCount: number, pieceLength: number, state: RarestFirstState) {
    this.#state = state
    const runLength = Math.max(1, Math.floor(RUN_BYTES / pieceLength))
    const runs = Array.from({ length: Math.ceil(pieceCount / runLength) }, (_, run) => run)
    for (let at = runs.length - 1; at > 0; at--) {
      const other = Math.floor(Math.random() * (at + 1))
      const run = runs[at] ?? 0
      runs[at] = runs[other] ?? 0
      runs[other] = run
    }
    const pieces = runs.flatMap(run =>
      Array.from({ length: runLength }, (_, index) => run * runLength + index),
    )
    this.#pieceAt = Uint32Array.from(pieces.filter(piece => piece < pieceCount))
    this.#place = new Uint32Array(pieceCount)
    for (const [place, piece] of this.#pieceAt.entries()) this.#place[piece] = place
  }

  /** The open piece to request next among those that `accepts` returns true for, or -1. `now` in milliseconds. */
  draw(accepts: (piece: number) => boolean, now: number): number {
    const find = () => this.#order.find(index => this.#state.isOpen(index) && accepts(index)) ?? -1
    if (now - this.#sortedAt > REFRESH_MS) this.#sort(now)
    const found = find()
    if (found >= 0 || !this.#hasReopened) return found
    this.#sort(now)
    return find()
  }

  /** A piece that was being fetched is open again: it is found when nothing else is left. */
  reopen(): void {
    this.#hasReopened = true
  }

  /** Sort again at the next draw: other pieces are wanted now. */
  refresh(): void {
    this.#sortedAt = Number.NEGATIVE_INFINITY
  }

  #sort(now: number): void {
    const { isOpen, availability } = this.#state
    const count = this.#place.length
    const keys = new Float64Array(count)
    let open = 0
    for (let index = 0; index < count; index++) {
      if (isOpen(index)) keys[open++] = (availability[index] ?? 0) * count + (this.#place[index] ?? 0)
    }
    this.#order = Array.from(keys.subarray(0, open).sort(), key => this.#pieceAt[key % count] ?? 0)
    this.#sortedAt = now
    this.#hasReopened = false
  }
}
