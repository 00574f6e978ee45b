/** A peer is banned after this many pieces that it alone sent and that failed their hash: no accident any more. */
const STRIKES_MAX = 2

/** Counts bad pieces by sender and bans repeat offenders. Senders: `banKeyOf` a peer, or the URL of a web seed. */
export class BanList {
  readonly #strikes = new Map<string, number>()

  /**
   * A piece assembled from what `sources` sent failed its hash. With several sources none can be blamed yet: the piece is
   * fetched again from a single one. Returns the sender that is banned now, if any.
   */
  reportBadPiece(sources: ReadonlySet<string>): string | null {
    const [only] = sources
    if (only === undefined || sources.size > 1) return null
    const strikes = (this.#strikes.get(only) ?? 0) + 1
    this.#strikes.set(only, strikes)
    return strikes >= STRIKES_MAX ? only : null
  }

  isBanned(sender: string): boolean {
    return (this.#strikes.get(sender) ?? 0) >= STRIKES_MAX
  }
}
