import type { Log } from '../../base/log.ts'
import type { BucketRedirect } from '../../bucket/redirect.ts'
import type { Config } from '../../config/config.ts'
import type { WidgetFiles } from '../../embed/scripts.ts'
import type { RequestOrigin } from '../../http/origin.ts'
import type { Metrics } from '../../monitor/metrics.ts'
import type { Monitor } from '../../monitor/monitor.ts'
import type { Readiness } from '../../monitor/readiness.ts'
import type { ShareCache } from '../../seeder/share-cache.ts'
import type { EndedShares } from '../../shares/expiry/ended-shares.ts'
import type { Inboxes } from '../../shares/inboxes/inboxes.ts'
import type { Presences } from '../../shares/presence/presence.ts'
import type { Shares } from '../../shares/shares.ts'
import type { Tracker } from '../../tracker/tracker.ts'
import type { WebSeed } from '../../web-seeds/web-seed.ts'
import type { WebSeedList } from '../../web-seeds/web-seed-list.ts'
import type { AdminServices } from './admin.ts'

/** What routes ask. */
export interface RouteServices extends AdminServices {
  /** Undefined without a bucket. */
  readonly redirect: BucketRedirect | undefined
  readonly config: Config
  readonly ended: EndedShares
  /** Null: nobody asks for files here. */
  readonly inboxes: Inboxes | null
  readonly log: Log
  /** Null when the operator turned them off. */
  readonly metrics: Metrics | null
  readonly monitor: Monitor
  readonly origin: RequestOrigin
  readonly presences: Presences
  readonly shares: Shares
  readonly tracker: Tracker
  readonly webSeed: WebSeed
  readonly webSeedList: WebSeedList
  readonly widget: WidgetFiles
  /** Null while no seeder runs. */
  readonly shareCache: () => ShareCache | null
  readonly readiness: Readiness
}
