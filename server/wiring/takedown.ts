import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { Operators } from '../http/operators.ts'
import type { Stores } from '../shares/database.ts'
import type { Shares } from '../shares/shares.ts'
import { Blocks } from '../shares/takedown/blocks.ts'
import { Reports } from '../shares/takedown/reports.ts'
import { Retention } from '../shares/takedown/retention.ts'
import { Takedown } from '../shares/takedown/takedown.ts'

interface Parts {
  readonly config: Config
  readonly stores: Stores
  /** See `Cluster`. */
  readonly leads: () => boolean
  readonly log: Log
  /** Opened after it: the registry asks what is blocked. */
  readonly shares: () => Shares
}

/** Operators, and what they block and read. */
export async function openTakedown({ config, leads, log, shares, stores }: Parts) {
  const blocks = await Blocks.open(stores.takedown, config.contact)
  const reports = await Reports.open({ store: stores.reports, limited: config.limits, log })
  const takedown = new Takedown({
    blocks,
    store: stores.takedown,
    deny: infoHash => shares().deny(infoHash),
    allow: infoHash => shares().allow(infoHash),
    onBlocked: (infoHashes, by) => reports.closeOf(infoHashes, by),
    log,
  })
  const retention = new Retention({ ...stores, keepAddresses: config.keepAddresses, leads, log })
  await retention.sweep(new Date())
  return { operators: new Operators(config), blocks, reports, takedown, retention }
}
