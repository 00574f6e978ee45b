import type { Terms } from '../../lib/protocol/publishing.ts'
import type { Bucket } from '../bucket/bucket.ts'
import type { Config } from '../config/config.ts'
import type { Operators } from '../http/operators.ts'
import type { Monitor } from '../monitor/monitor.ts'
import type { OperatorTexts, Services } from '../pages/services.ts'
import { cachedShare } from '../seeder/api.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { EndedShares } from '../shares/expiry/ended-shares.ts'
import type { Inboxes } from '../shares/inboxes/inboxes.ts'
import type { Presences } from '../shares/presence/presence.ts'
import type { Shares } from '../shares/shares.ts'
import type { Blocks } from '../shares/takedown/blocks.ts'

/** A longer list of files is not rendered into the page, which asks for it: rendering holds up everybody, the tracker too. */
const PAGE_FILES_MAX = 1_000

/** On which terms one publishes here, as pages say them. */
function termsOf({ audience, expiryDefault, expiryMax, listed, publish, receive, status }: Config): Terms {
  const isShown = status === 'public' && listed !== 'never'
  const lists = !isShown ? 'nothing' : listed === 'always' ? 'everything' : 'choice'
  return { publish, audience, lists, expiryDefault, expiryMax, receive }
}

interface Parts {
  readonly blocks: Blocks
  /** Null without one. */
  readonly bucket: Bucket | null
  readonly ended: EndedShares
  /** Null: nobody asks for files here. */
  readonly inboxes: Inboxes | null
  readonly monitor: Monitor
  readonly operators: Operators
  readonly presences: Presences
  readonly shareCache: () => ShareCache | null
  readonly shares: Shares
  readonly texts: OperatorTexts
}

/** What pages may use, with links under `origin`. */
export const pageServices =
  (
    config: Config,
    { blocks, bucket, ended, inboxes, monitor, operators, presences, shareCache, shares, texts }: Parts,
  ) =>
  (origin: string): Services => ({
    shares: {
      find: infoHash => shares.brief(infoHash, origin, PAGE_FILES_MAX),
      presence: infoHash => presences.of(infoHash),
      cached: infoHash => cachedShare(shareCache(), bucket, infoHash),
      endedAt: infoHash => ended.of(infoHash),
      block: infoHash => blocks.of(infoHash),
    },
    inboxState: async id => (await inboxes?.state(id)) ?? 'unknown',
    operator: {
      contact: config.contact,
      keepAddresses: config.keepAddresses,
      hasKeys: operators.size > 0,
      ...texts,
    },
    monitor: {
      shows: config.status,
      status: () => monitor.status(origin),
      history: infoHash => monitor.history(infoHash, origin),
    },
    terms: termsOf(config),
    publicUrl: () => origin,
  })
