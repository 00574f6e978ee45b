import { fetchMetainfo } from '../api-client.ts'
import type { SwarmNetwork } from '../engine/engine.ts'
import { getEngine } from '../engine/index.ts'
import { NO_LIMITS, type SwarmSnapshot } from '../engine/snapshot.ts'
import { toAppError } from '../errors.ts'
import { downloadNetwork } from '../network.ts'
import { MemoryStore } from '../storage/memory-store.ts'
import { canStore } from '../storage/opfs/folder.ts'
import { openOpfsStore } from '../storage/opfs-store.ts'
import { deleteStored, listStored } from '../storage/stored-shares.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { encodeTorrent, type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'
import {
  changeKeptShare,
  forgetKeptShare,
  getKeptShare,
  type KeptDownload,
  keepShare,
  listKeptShares,
} from './kept-shares.ts'
import { isHeld, lead, stopLeading } from './lead.ts'
import { setLoss } from './losses.ts'
import { getSession } from './session.ts'

/** How far a download is goes into its record this often: only a hint for the library, the store knows. */
const RECORD_INTERVAL_MS = 5000

/** A server that does not answer is asked again this often, and whenever the browser has a connection again. */
const NETWORK_RETRY_MS = 5000

/**
 * Join the swarm of a share and fetch the files at `wanted` (indexes, metainfo order; none to play only), going on from what is on disk.
 * It goes on by itself after a reload. When another tab of this browser runs it, that one gets the selection.
 * Errors: `insecure_context`, `webrtc_missing`, `share_not_found`, `server_unreachable`, `metainfo_invalid`,
 * `share_open_elsewhere`, `storage_full`, `storage_failed`.
 */
export async function startDownload(
  infoHash: InfoHash,
  wanted: readonly number[],
  title = '',
): Promise<void> {
  // Before anything is kept: what this browser cannot do is said at once.
  const [network, kept, metainfo] = await Promise.all([
    downloadNetwork(infoHash),
    getKeptShare(infoHash).catch(() => undefined),
    getEngine().metainfo(infoHash) ?? fetchMetainfo(infoHash),
  ])
  const before = kept?.role === 'reader' ? kept : undefined
  // Playing wants no file whole: it takes none away either.
  const selected = wanted.length === 0 ? (before?.selected ?? []) : wanted
  const download: KeptDownload = {
    role: 'reader',
    infoHash,
    title: title || before?.title || metainfo.name,
    torrent: encodeTorrent({ infoBytes: metainfo.infoBytes, announceList: [] }),
    addedAt: before?.addedAt ?? new Date().toISOString(),
    paused: false,
    limits: before?.limits ?? NO_LIMITS,
    selected,
    length: lengthOf(metainfo, selected),
    // What was here of other files says nothing about what must be here of these.
    downloaded: before && isSame(before.selected, selected) ? before.downloaded : 0,
    saved: before?.saved ?? false,
  }
  // Without a record (private windows) it works all the same until the tab closes.
  await keepShare(download).catch(() => undefined)
  const here = await lead(infoHash, takesOver =>
    run(metainfo, download, takesOver ? downloadNetwork : async () => network, takesOver),
  )
  if (!here && wanted.length > 0) getSession().select(infoHash, selected)
}

/**
 * Go on with every download of this browser that is not finished, or that the browser has deleted from the disk since,
 * without a click, here or (later) when the tab that runs it is gone.
 */
export async function resumeDownloads(): Promise<void> {
  const [kept, stored] = await Promise.all([listKeptShares(), canStore() ? listStored() : []])
  const sizes = new Map(stored.map(({ bytes, infoHash }) => [infoHash, bytes]))
  for (const share of kept) {
    if (share.role !== 'reader' || isHeld(share.infoHash)) continue
    const lost = canStore() && (sizes.get(share.infoHash) ?? 0) < share.downloaded
    if (isUnfinished(share) || lost) void resumeDownload(share.infoHash).catch(() => undefined)
  }
}

/** Go on with a download of this browser from what is on disk; a paused one stays paused. False when there is none. */
export async function resumeDownload(infoHash: InfoHash): Promise<boolean> {
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  if (kept?.role !== 'reader' || kept.selected.length === 0) return false
  const metainfo = await parseMetainfo(kept.torrent)
  await lead(infoHash, () => run(metainfo, kept, networkAtLast, true))
  return true
}

/** Leave the swarm, delete what is on disk, forget the record: whatever was saved elsewhere stays. */
export async function deleteDownload(infoHash: InfoHash): Promise<void> {
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  if (kept?.role === 'reader') await forgetKeptShare(infoHash)
  setLoss(infoHash, 0)
  await getSession().remove(infoHash)
  if (canStore()) await deleteStored(infoHash)
}

/** Note how far the downloads of this tab are; what the person decides is noted when they do. Called once. */
export function watchRecords(): void {
  const known = new Map<InfoHash, { readonly snapshot: SwarmSnapshot; readonly at: number }>()
  const engine = getEngine()
  engine.subscribe(() => {
    const now = performance.now()
    for (const snapshot of engine.getSnapshot()) {
      if (snapshot.role === 'publisher' || snapshot.keptIn === 'none') continue
      const before = known.get(snapshot.infoHash)
      if (before && !isDue(before.snapshot, snapshot, now - before.at)) continue
      known.set(snapshot.infoHash, { snapshot, at: now })
      const { downloaded, length } = snapshot
      if (before) void changeKeptShare(snapshot.infoHash, { downloaded, length }).catch(() => undefined)
    }
  })
}

/** `mustBeKept`: it was kept before, so without a record the person has deleted it since. */
async function run(
  metainfo: Metainfo,
  wanted: KeptDownload,
  connect: (infoHash: InfoHash) => Promise<SwarmNetwork>,
  mustBeKept: boolean,
): Promise<void> {
  const { infoHash } = wanted
  const engine = getEngine()
  const present = engine.getSwarm(infoHash)
  if (present && present.state !== 'error' && present.role === 'reader') {
    engine.select(infoHash, wanted.selected)
    return
  }
  // Before the store is opened: that would keep other tabs out as long as the server does not answer.
  const network = await connect(infoHash)
  // While this tab waited for another one or for the server, the person may have changed or deleted it.
  const kept = await getKeptShare(infoHash).catch(() => wanted)
  if (mustBeKept && !kept) {
    stopLeading(infoHash)
    return
  }
  const download = kept?.role === 'reader' ? kept : wanted
  const { selected } = download
  if (present) await engine.leave(infoHash)
  const store = canStore() ? await openOpfsStore(metainfo, selected) : new MemoryStore(metainfo)
  const joined = engine.join(metainfo, selected, network, store)
  engine.setLimits(infoHash, download.limits)
  if (download.saved) engine.markSaved(infoHash)
  if (download.paused) void engine.pause(infoHash)
  const here = engine.getSwarm(infoHash)?.downloaded ?? 0
  setLoss(infoHash, store.kind === 'disk' ? Math.max(0, download.downloaded - here) : 0)
  await joined
}

/** A download that was started before goes on by itself as soon as the server answers. */
async function networkAtLast(infoHash: InfoHash): Promise<SwarmNetwork> {
  for (;;) {
    try {
      return await downloadNetwork(infoHash)
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

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every(index => b.includes(index))

const isUnfinished = ({ downloaded, length, selected }: KeptDownload): boolean =>
  selected.length > 0 && downloaded < length

function isDue(before: SwarmSnapshot, now: SwarmSnapshot, age: number): boolean {
  if (age >= RECORD_INTERVAL_MS && before.downloaded !== now.downloaded) return true
  return before.state !== now.state || before.length !== now.length
}

function lengthOf({ files }: Metainfo, selected: readonly number[]): number {
  return selected.reduce((sum, index) => sum + (files[index]?.length ?? 0), 0)
}
