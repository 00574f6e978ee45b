import type { InfoHash } from '../../lib/torrent/ids.ts'

/** A share's swarm at one time: clients that are complete, clients that download, completions and bytes so far. */
export interface Sample {
  readonly infoHash: InfoHash
  readonly complete: number
  readonly incomplete: number
  readonly completed: number
  readonly bytes: number
}

/** A sample and when it was taken. Nothing changed between two of them. */
interface HistoryPoint extends Omit<Sample, 'infoHash'> {
  readonly at: Date
}

/** History of swarms; it is deleted with its share. */
export interface HistoryStore {
  /** Record swarms at time `at`; info hashes without a share are ignored. */
  add(samples: readonly Sample[], at: Date): Promise<void>
  /** Oldest first. */
  of(infoHash: InfoHash): Promise<readonly HistoryPoint[]>
  /** The latest sample of every share that has one. */
  latest(): Promise<readonly Sample[]>
  /** Delete samples older than `forgetBefore`; of those older than `thinBefore`, keep only the last of each hour. */
  prune(times: { readonly thinBefore: Date; readonly forgetBefore: Date }): Promise<void>
}
