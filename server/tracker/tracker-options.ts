import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import type { RequestOrigin } from '../http/origin.ts'
import type { Transport } from './counters.ts'
import type { Refusal } from './refusals.ts'
import type { FindShare } from './unknown-shares.ts'

/** What a tracker is made of. */
export interface TrackerOptions
  extends Pick<
    Config,
    'limits' | 'scrape' | 'peersPerAddress' | 'trackerAccess' | 'seederAddress' | 'seederToken'
  > {
  readonly log: Log
  readonly origin: RequestOrigin
  /** Where other nodes may have published what this one does not know. */
  readonly findShare?: FindShare | undefined
  /** Called with each refusal. */
  readonly onRefused?: ((reason: Refusal) => void) | undefined
  /** Gets the seconds that each announce took. Left out, WebSocket messages are not timed. */
  readonly onAnnounced?: ((transport: Transport, seconds: number) => void) | undefined
}
