import type { Log } from '../base/log.ts'
import type { Bucket } from '../bucket/bucket.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Monitor } from '../monitor/monitor.ts'
import type { Publishers } from '../publishers/publishers.ts'
import type { PlacementTimes } from '../seeder/placement/balancer.ts'
import type { WatchTimes } from '../seeder/publish-folder/watch-folder.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { Endings } from '../shares/expiry/endings.ts'
import type { Inboxes } from '../shares/inboxes/inboxes.ts'
import type { Presences } from '../shares/presence/presence.ts'
import type { Shares } from '../shares/shares.ts'
import type { Tracker } from '../tracker/tracker.ts'
import type { HostedShares } from '../web-seeds/hosted-shares.ts'
import type { NetworkPolicy } from '../web-seeds/range-client.ts'
import type { WebSeed } from '../web-seeds/web-seed.ts'
import type { WebSeedList } from '../web-seeds/web-seed-list.ts'

/** What a test may replace; each has the default of a server that people use. */
export interface AppOptions {
  /** Default: to stderr, at the configured level. */
  readonly log?: Log
  /** `none` answers 404 to every request for a page and needs no build. Default: `next`. */
  readonly pages?: 'next' | 'none'
  /** Shares on this disk. Default: those of the seeder. */
  readonly hosted?: HostedShares
  /** Where probes of web seeds may connect to. Default: as `TABSEED_WEBSEED_PRIVATE` says. */
  readonly probePolicy?: NetworkPolicy
  /** Milliseconds that open requests may take to end at a stop. Default: 3.5 s; with all else a stop stays below 5 s. */
  readonly drainLimitMs?: number
  /** Milliseconds for which an idle HTTP connection stays open. Default: 5 s. */
  readonly keepAliveMs?: number
  /** Milliseconds after which a client that reads nothing of an answer is cut off. Default: 60 s. */
  readonly stallMs?: number
  /** When the publish folder is looked at, and what is certain by then. Default: those of `WatchFolder`. */
  readonly watchTimes?: WatchTimes
  /** Milliseconds of a round in which the seeder looks for the files of its copies. Default: that of `FileSweep`. */
  readonly sweepMs?: number
  /** When seeders are replaced, and surplus copies go. Default: those of `Balancer`. */
  readonly placementTimes?: PlacementTimes
}

/** What a running server consists of. */
export interface AppServices {
  readonly endings: Endings
  /** Null: nobody asks for files here. */
  readonly inboxes: Inboxes | null
  readonly presences: Presences
  readonly publishers: Publishers
  readonly shares: Shares
  readonly tracker: Tracker
  readonly webSeed: WebSeed
  readonly webSeedList: WebSeedList
  readonly monitor: Monitor
  /** Null when the seeder is off. */
  readonly shareCache: ShareCache | null
  /** Null without one. */
  readonly bucket: Bucket | null
}

/** Parts that others ask for and that are opened after them; null until then, and where the configuration has none. */
export class LateParts {
  #cluster: Cluster | null = null
  #shareCache: ShareCache | null = null

  readonly cluster = () => this.#cluster
  readonly shareCache = () => this.#shareCache

  /** This server has joined others, or is alone (null). */
  joined(cluster: Cluster | null): void {
    this.#cluster = cluster
  }

  /** The seeder starts when the server listens: it announces to our tracker. */
  seeding(shareCache: ShareCache): void {
    this.#shareCache = shareCache
  }
}
