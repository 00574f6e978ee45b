/** The clock of a relay; a test has its own. */
export interface Timing {
  /** Milliseconds that never go back. */
  readonly now: () => number
  /** Milliseconds of the clock that nodes share, about. */
  readonly clock: () => number
  /** Runs `step` after `ms` milliseconds; never throws out of it. */
  readonly after: (ms: number, step: () => void) => void
}
