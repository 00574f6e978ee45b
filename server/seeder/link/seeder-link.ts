import type { FromSeeder, ToSeeder } from './messages.ts'

/**
 * How the server speaks with its seeder: a process it started (`SeederProcess`), or one on another machine that
 * connected (`RemoteSeeder`). Either may end at any moment and come back; then it says `ready`, and is told all that holds.
 */
export interface SeederLink {
  /** It is not there, and nobody knows when it comes. */
  readonly isAway: boolean
  /** What is told while there is none is lost. */
  tell(message: ToSeeder): void
  /** Part with it. */
  stop(): Promise<void>
}

/** Begin to speak with the seeder; `heed` is called with all that it says. */
export type OpenSeederLink = (heed: (message: FromSeeder) => void) => SeederLink
