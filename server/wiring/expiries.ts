import type { Log } from '../base/log.ts'
import type { Bucket } from '../bucket/bucket.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Config } from '../config/config.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { Stores } from '../shares/database.ts'
import type { EndedShares } from '../shares/expiry/ended-shares.ts'
import { Endings } from '../shares/expiry/endings.ts'
import { Expiry } from '../shares/expiry/expiry.ts'
import { Inboxes } from '../shares/inboxes/inboxes.ts'
import { Presences } from '../shares/presence/presence.ts'
import type { Shares } from '../shares/shares.ts'
import type { Tracker } from '../tracker/tracker.ts'
import type { WebSeedList } from '../web-seeds/web-seed-list.ts'
import { heldNow } from './published-shares.ts'

/** For so long it is said of a share that it has ended. */
const ENDED_MS = 365 * 86_400_000

interface ExpiryParts {
  /** Null without one. */
  readonly bucket: Bucket | null
  readonly config: Config
  readonly stores: Stores
  readonly tracker: Tracker
  readonly shares: Shares
  readonly ended: EndedShares
  readonly shareCache: () => ShareCache | null
  readonly webSeedList: WebSeedList
  /** Null: this server is alone. */
  readonly cluster: Cluster | null
  readonly log: Log
}

/** What notes who has shares, and deletes by itself those that nobody has, those whose publishers chose an end, and old inboxes. */
export function openExpiries(parts: ExpiryParts) {
  const { bucket, cluster, config, ended, log, shareCache, shares, stores, tracker, webSeedList } = parts
  const leads = cluster?.leads ?? (() => true)
  const expiry = new Expiry({
    days: config.sharesDays,
    store: stores.held,
    held: () => heldNow(tracker, shareCache(), bucket),
    remove: infoHash => shares.removeOwn(infoHash),
    leads,
    log,
  })
  const endings = new Endings({
    store: stores.endings,
    downloadsOf: async infoHash =>
      cluster === null ? tracker.counts(infoHash).downloaded : cluster.downloadsOf(infoHash),
    leads,
    end: (infoHash, at) => shares.end(infoHash, at),
    forget: async now => {
      const old = await ended.forget(new Date(now.getTime() - ENDED_MS))
      for (const infoHash of old) tracker.forget(infoHash)
    },
    log,
  })
  const presences = new Presences({
    store: stores.seen,
    swarmOf: async infoHash => {
      const here = await tracker.presence(infoHash)
      // Downloads of all nodes are read from the database, some 30 seconds late: while it is away, these.
      const all = await cluster?.downloadsOf(infoHash).catch(() => 0)
      return { ...here, downloads: Math.max(here.downloads, all ?? 0) }
    },
    online: () => tracker.onlineShares(),
    copyOf: async infoHash => {
      if (shareCache()?.state(infoHash).kept === 'yes' || bucket?.has(infoHash)) return 'here'
      return (await webSeedList.urls(infoHash, '')).length > 0 ? 'mirror' : null
    },
    log,
  })
  const inboxes = config.receive
    ? new Inboxes({
        store: stores.inboxes,
        sent: stores.sent,
        remove: infoHash => shares.removeOwn(infoHash),
        limited: config.limits,
        isOperator: key => shares.isOperator(key),
        leads,
        log,
      })
    : null
  const close = async () => {
    await Promise.all([expiry.close(), endings.close(), inboxes?.close()])
  }
  return { endings, inboxes, presences, close }
}
