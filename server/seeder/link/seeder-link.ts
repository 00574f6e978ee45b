import type { FromSeeder, ToSeeder } from './messages.ts'

/**
 * The server's connection to its seeder: a process that it started (`SeederProcess`), or one on another machine that
 * connected (`RemoteSeeder`). Either may end at any moment and come back; then it sends `ready`, and the server resends
 * the full state.
 */
export interface SeederLink {
  /** Not connected, and it is unknown when it will be. */
  readonly isAway: boolean
  /** Messages sent while there is no seeder are lost. */
  send(message: ToSeeder): void
  /** Disconnect; a process of ours ends. */
  stop(): Promise<void>
}

/** Connect to the seeder; `onMessage` gets each of its messages. */
export type OpenSeederLink = (onMessage: (message: FromSeeder) => void) => SeederLink
