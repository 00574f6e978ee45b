import type { ErrorCode } from '../../lib/base/errors.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

/** A further place where a share can be had over HTTP (BEP 19), and what was found when it was last looked at. */
export interface WebSeedRecord {
  readonly url: string
  /** Why it is not handed out; null: it is. */
  readonly failure: ErrorCode | null
  readonly checkedAt: Date
  /** When it is to be looked at again. */
  readonly checkAt: Date
  readonly addedBy: 'owner'
}

/** Web seeds of shares; they go with their share. What is written is on disk when the promise resolves. */
export interface WebSeedStore {
  /** In the order they were given. */
  list(infoHash: InfoHash): Promise<readonly WebSeedRecord[]>
  /** Put `records` in the place of those there were; false when there is no such share. */
  replace(infoHash: InfoHash, records: readonly WebSeedRecord[]): Promise<boolean>
  /** At most `limit` that should be looked at by now, longest due first. */
  listDue(now: Date, limit: number): Promise<readonly { readonly infoHash: InfoHash; readonly url: string }[]>
  /** Note what was found; nothing happens when it was taken out meanwhile. */
  update(
    infoHash: InfoHash,
    url: string,
    found: Pick<WebSeedRecord, 'failure' | 'checkedAt' | 'checkAt'>,
  ): Promise<void>
}
