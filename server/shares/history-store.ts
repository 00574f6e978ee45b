import type { InfoHash } from '../../lib/torrent/ids.ts'

/** A share's swarm at one time: clients that have everything, clients that fetch, completions and bytes so far. */
export interface Sample {
  readonly infoHash: InfoHash
  readonly complete: number
  readonly incomplete: number
  readonly completed: number
  readonly bytes: number
}

/** A sample and when it was taken. Between two of them nothing changed. */
interface HistoryPoint extends Omit<Sample, 'infoHash'> {
  readonly at: Date
}

/** How swarms went; the history of a share goes with it. */
export interface HistoryStore {
  /** Note how swarms are at `at`; those that are no share (any more) are passed over. */
  add(samples: readonly Sample[], at: Date): Promise<void>
  /** Oldest first. */
  of(infoHash: InfoHash): Promise<readonly HistoryPoint[]>
  /** The latest sample of every share that has one. */
  latest(): Promise<readonly Sample[]>
  /** Forget what is older than `forgetBefore`, and of what is older than `thinBefore` all but the last of each hour. */
  prune(times: { readonly thinBefore: Date; readonly forgetBefore: Date }): Promise<void>
}
