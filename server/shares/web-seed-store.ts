import type { ErrorCode } from '../../lib/base/errors.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

/** A web seed of a share (BEP 19), and the result of its last check. */
export interface WebSeedRecord {
  readonly url: string
  /** Why it is not handed out; null if it is. */
  readonly failure: ErrorCode | null
  readonly checkedAt: Date
  /** When the next check is due. */
  readonly checkAt: Date
  readonly addedBy: 'owner'
}

/** Web seeds of shares; they are deleted with their share. A change is on disk when its promise resolves. */
export interface WebSeedStore {
  /** In the order in which they were added. */
  list(infoHash: InfoHash): Promise<readonly WebSeedRecord[]>
  /** Replace all web seeds of a share; false if there is no such share. */
  replace(infoHash: InfoHash, records: readonly WebSeedRecord[]): Promise<boolean>
  /** At most `limit` whose check is due, longest due first. */
  listDue(now: Date, limit: number): Promise<readonly { readonly infoHash: InfoHash; readonly url: string }[]>
  /** Record the result of a check; does nothing if the web seed was removed meanwhile. */
  update(
    infoHash: InfoHash,
    url: string,
    found: Pick<WebSeedRecord, 'failure' | 'checkedAt' | 'checkAt'>,
  ): Promise<void>
}
