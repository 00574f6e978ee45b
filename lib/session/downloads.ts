import { fetchMetainfo } from '../api-client.ts'
import { getEngine } from '../engine/index.ts'
import { NO_LIMITS, type SwarmSnapshot } from '../engine/snapshot.ts'
import { requireCapabilities, swarmNetwork } from '../network.ts'
import { MemoryStore } from '../storage/memory-store.ts'
import { canStore } from '../storage/opfs/folder.ts'
import { openOpfsStore } from '../storage/opfs-store.ts'
import { deleteStored } from '../storage/stored-shares.ts'
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
import { lead } from './lead.ts'
import { setLoss } from './losses.ts'
import { getSession } from './session.ts'

/** How far a download is goes into its record this often: only a hint for the library, the store knows. */
const RECORD_INTERVAL_MS = 5000

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
  requireCapabilities()
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  const metainfo = getEngine().metainfo(infoHash) ?? (await fetchMetainfo(infoHash))
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
    downloaded: before?.downloaded ?? 0,
    saved: before?.saved ?? false,
  }
  // Without a record (private windows) it works all the same until the tab closes.
  await keepShare(download).catch(() => undefined)
  const here = await lead(infoHash, () => run(infoHash, metainfo, download))
  if (!here && wanted.length > 0) getSession().select(infoHash, selected)
}

/** Go on with every download that is not finished, without a click. */
export async function resumeDownloads(): Promise<void> {
  const kept = await listKeptShares().catch(() => [])
  for (const share of kept) {
    if (share.role === 'reader' && isUnfinished(share))
      await resumeDownload(share.infoHash).catch(() => undefined)
  }
}

/** Go on with a download of this browser from what is on disk; a paused one stays paused. False when there is none. */
export async function resumeDownload(infoHash: InfoHash): Promise<boolean> {
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  if (kept?.role !== 'reader' || kept.selected.length === 0) return false
  const metainfo = await parseMetainfo(kept.torrent)
  await lead(infoHash, () => run(infoHash, metainfo, kept))
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

/** Keep the records of what this tab runs true. Called once; ends with the tab. */
export function watchRecords(): void {
  const known = new Map<InfoHash, { readonly snapshot: SwarmSnapshot; readonly at: number }>()
  const engine = getEngine()
  engine.subscribe(() => {
    const now = performance.now()
    for (const snapshot of engine.getSnapshot()) {
      if (snapshot.keptIn === 'none') continue
      const before = known.get(snapshot.infoHash)
      if (before && !isDue(before.snapshot, snapshot, now - before.at)) continue
      known.set(snapshot.infoHash, { snapshot, at: now })
      if (before) void changeKeptShare(snapshot.infoHash, recordOf(snapshot)).catch(() => undefined)
    }
  })
}

async function run(infoHash: InfoHash, metainfo: Metainfo, wanted: KeptDownload): Promise<void> {
  const engine = getEngine()
  const present = engine.getSwarm(infoHash)
  if (present && present.state !== 'error' && present.role === 'reader') {
    engine.select(infoHash, wanted.selected)
    return
  }
  // While this tab waited for another one, the person may have changed or deleted it there.
  const kept = await getKeptShare(infoHash).catch(() => wanted)
  const download = kept?.role === 'reader' ? kept : wanted
  const { selected } = download
  if (present) await engine.leave(infoHash)
  const [network, store] = await Promise.all([
    swarmNetwork(),
    canStore() ? openOpfsStore(metainfo, selected) : new MemoryStore(metainfo),
  ])
  const joined = engine.join(metainfo, selected, network, store)
  engine.setLimits(infoHash, download.limits)
  if (download.saved) engine.markSaved(infoHash)
  if (download.paused) void engine.pause(infoHash)
  const here = engine.getSwarm(infoHash)?.downloaded ?? 0
  setLoss(infoHash, store.kind === 'disk' ? Math.max(0, download.downloaded - here) : 0)
  await joined
}

const isUnfinished = ({ downloaded, length, selected }: KeptDownload): boolean =>
  selected.length > 0 && downloaded < length

function isDue(before: SwarmSnapshot, now: SwarmSnapshot, age: number): boolean {
  if (age >= RECORD_INTERVAL_MS && before.downloaded !== now.downloaded) return true
  return (
    before.state !== now.state ||
    before.saved !== now.saved ||
    before.limits !== now.limits ||
    before.length !== now.length
  )
}

function recordOf({ downloaded, files, length, limits, problem, role, saved, state }: SwarmSnapshot) {
  const paused = state === 'paused' && problem === null
  if (role === 'publisher') return { limits, paused }
  return {
    downloaded,
    length,
    limits,
    saved,
    selected: files.filter(file => file.selected).map(({ index }) => index),
    paused,
  }
}

function lengthOf({ files }: Metainfo, selected: readonly number[]): number {
  return selected.reduce((sum, index) => sum + (files[index]?.length ?? 0), 0)
}
