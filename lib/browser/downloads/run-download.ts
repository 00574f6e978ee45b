import { toAppError } from '../../base/errors.ts'
import type { SwarmNetwork } from '../../network/swarm-network.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BrowserTab } from '../browser-tab.ts'
import type { DownloadTerms, SavedDownload, SavedRecord } from '../records/saved-records.ts'
import { openStore } from './open-store.ts'

/** A server that does not answer is asked again this often, and whenever the browser has a connection again. */
const NETWORK_RETRY_MS = 5000

interface DownloadRun {
  readonly metainfo: Metainfo
  readonly wanted: SavedDownload
  /** The record as it is now; undefined when the person has deleted it. */
  readonly latest: () => Promise<SavedRecord | undefined>
  readonly connect: () => Promise<SwarmNetwork>
}

/**
 * Join the swarm of a download, going on from what is on disk; where this tab is in it already, only select what is
 * `wanted`. The tab must hold the share's lock, and releases it when the download was deleted meanwhile.
 * Errors: those of `connect` and of opening the store.
 */
export async function runDownload(
  tab: BrowserTab,
  { connect, latest, metainfo, wanted }: DownloadRun,
): Promise<void> {
  const { engine, locks, losses } = tab
  const { infoHash } = wanted
  const present = engine.getSwarm(infoHash)
  if (present && present.state !== 'error' && present.role === 'reader') {
    engine.select(infoHash, wanted.selected)
    return
  }
  // Before the store is opened: an open store keeps other tabs out as long as the server does not answer.
  const network = await connect()
  // What the record says of limits and pause is for the swarm from the start.
  await engine.loadSwarms()
  // While this tab waited for another one or for the server, the person may have changed or deleted it.
  const before = await latest()
  if (before?.role !== 'reader') {
    locks.release(infoHash)
    return
  }
  if (present) await engine.leave(infoHash)
  const store = await openStore(tab, metainfo, before.selected)
  // Again: opening takes long when much is hashed.
  const download = await latest()
  if (download?.role !== 'reader') {
    locks.release(infoHash)
    await (download ? store.close() : store.destroy())
    return
  }
  const joined = engine.join(metainfo, before.selected, { ...network, ...termsOf(before) }, store)
  if (!isSame(before.selected, download.selected)) engine.select(infoHash, download.selected)
  engine.setLimits(infoHash, download.limits)
  if (download.saved) engine.markSaved(infoHash)
  if (download.paused) void engine.pause(infoHash)
  const here = engine.getSwarm(infoHash)?.downloaded ?? 0
  losses.set(infoHash, store.kind === 'disk' ? Math.max(0, download.downloaded - here) : 0)
  await joined
}

/**
 * The network of a download that was started before: it waits until the server answers. Errors: as of
 * `Network.forDownload`, without `server_unreachable`.
 */
export async function awaitNetwork({ network }: BrowserTab, infoHash: InfoHash): Promise<SwarmNetwork> {
  for (;;) {
    try {
      return await network.forDownload(infoHash)
    } catch (reason) {
      if (toAppError(reason).code !== 'server_unreachable') throw reason
      const again = new AbortController()
      await new Promise<void>(resolve => {
        setTimeout(resolve, NETWORK_RETRY_MS)
        addEventListener('online', () => resolve(), { signal: again.signal })
      })
      again.abort()
    }
  }
}

/** Whether two lists name the same files, in any order. */
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  const those = new Set(b)
  return a.length === b.length && a.every(index => those.has(index))
}

const termsOf = ({ uploads, webSeedUse }: DownloadTerms): DownloadTerms => ({
  ...(uploads !== undefined && { uploads }),
  ...(webSeedUse && { webSeedUse }),
})
