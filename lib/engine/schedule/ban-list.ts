/** So many pieces that only this peer sent and whose hash did not fit: no accident any more. */
const STRIKES_MAX = 2

/** Who sent pieces that were false, and whom we no longer talk to. Peers by `nameOf`. */
export class Blame {
  readonly #strikes = new Map<string, number>()

  /**
   * A piece made of what `sources` sent did not fit its hash. With several sources nobody is to blame yet: the piece is
   * fetched again from one alone. Returns who is banned now, if any.
   */
  falsePiece(sources: ReadonlySet<string>): string | null {
    const [only] = sources
    if (only === undefined || sources.size > 1) return null
    const strikes = (this.#strikes.get(only) ?? 0) + 1
    this.#strikes.set(only, strikes)
    return strikes >= STRIKES_MAX ? only : null
  }

  isBanned(name: string): boolean {
    return (this.#strikes.get(name) ?? 0) >= STRIKES_MAX
  }
}
