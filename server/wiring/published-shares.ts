import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Bucket } from '../bucket/bucket.ts'
import type { Monitor } from '../monitor/monitor.ts'
import type { Usage } from '../publishers/publishers.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { Shares } from '../shares/shares.ts'
import type { Tracker } from '../tracker/tracker.ts'
import type { WebSeed } from '../web-seeds/web-seed.ts'

/** Shares of which somebody has all: a peer, this server, or its bucket. */
export function* heldNow(
  tracker: Tracker,
  shareCache: ShareCache | null,
  bucket: Bucket | null,
): Generator<InfoHash> {
  for (const { complete, infoHash } of tracker.allSwarmStats()) if (complete > 0) yield infoHash
  yield* shareCache?.complete() ?? []
  yield* bucket?.complete() ?? []
}

/** What a publisher has on this server. */
export const usageIn =
  (store: ShareStore, shareCache: () => ShareCache | null) =>
  async (publisher: string): Promise<Usage> => {
    const shares = await store.listOf(publisher)
    const cache = shareCache()
    const kept = shares.filter(({ infoHash }) => cache?.state(infoHash).asked)
    const bytes = kept.reduce((sum, { length }) => sum + length, 0)
    return { shares: shares.length, bytes }
  }

interface AdmissionParts {
  readonly tracker: Tracker
  readonly monitor: Monitor
  readonly webSeed: WebSeed
  /** Null without one. */
  readonly bucket: Bucket | null
  readonly shareCache: () => ShareCache | null
}

/** Carries each change of the published shares to whatever depends on them. */
export function admissionOf({
  bucket,
  monitor,
  shareCache,
  tracker,
  webSeed,
}: AdmissionParts): Parameters<typeof Shares.open>[0]['admission'] {
  const drop = (infoHash: InfoHash) => {
    shareCache()?.remove(infoHash)
    bucket?.drop(infoHash)
    tracker.drop(infoHash)
    monitor.changed()
    webSeed.drop(infoHash)
  }
  return {
    admit(infoHash) {
      tracker.admit(infoHash)
      monitor.changed()
      shareCache()?.admit(infoHash)
    },
    drop,
    end(infoHash) {
      // First: its peers are told as they are dropped.
      tracker.end(infoHash)
      drop(infoHash)
    },
    hide(infoHash) {
      tracker.hide(infoHash)
      monitor.changed()
    },
    show(infoHash) {
      tracker.show(infoHash)
      monitor.changed()
    },
    deny: infoHash => tracker.deny(infoHash),
    allow: infoHash => tracker.allow(infoHash),
  }
}
