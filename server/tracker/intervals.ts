/** Seconds between announces. */
const TAB = 120
const CLASSIC = 600
/** The least seconds while swarms recover; up to half as many more, so that announces spread. */
const TAB_RECOVERY = 60
const CLASSIC_RECOVERY = 120
/** After a restart, and after an outage of what joins nodes, which no interval of a tab outlasts. */
const RESTARTED_MS = 15 * 60_000
const RELAY_BACK_MS = 150_000

/** When clients are to announce again: sooner while swarms recover, so that they are complete again soon. */
export class Intervals {
  readonly #now: () => number
  #recoveringUntil = 0
  /** Whether other nodes are reached, if there are any: those that come meanwhile are to come again soon. */
  isWhole: () => boolean = () => true

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Peers of an earlier process are coming back. */
  restarted(): void {
    this.#recover(RESTARTED_MS)
  }

  /** Other nodes are reached, for the first time or again. */
  relayBack(): void {
    this.#recover(RELAY_BACK_MS)
  }

  readonly tab = (): number => this.#interval(TAB, TAB_RECOVERY)
  readonly classic = (): number => this.#interval(CLASSIC, CLASSIC_RECOVERY)

  #recover(ms: number): void {
    this.#recoveringUntil = Math.max(this.#recoveringUntil, this.#now() + ms)
  }

  #interval(usual: number, recovery: number): number {
    if (this.isWhole() && this.#now() >= this.#recoveringUntil) return usual
    return Math.round(recovery * (1 + Math.random() / 2))
  }
}
