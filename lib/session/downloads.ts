import { fetchMetainfo } from '../api/client.ts'
import { AppError, toAppError } from '../base/errors.ts'
import {
  changeKeptShare,
  type DownloadTerms,
  forgetKeptShare,
  getKeptShare,
  type KeptDownload,
  type KeptShare,
  keepShare,
  listKeptShares,
} from '../browser/records/saved-records.ts'
import { getSession } from '../browser/session/session.ts'
import { isHeld, lead, stopLeading, whenFree } from '../browser/tab-locks.ts'
import type { SwarmNetwork } from '../engine/engine.ts'
import { getEngine } from '../engine/index.ts'
import { NO_LIMITS, type SwarmSnapshot } from '../engine/view/snapshot.ts'
import { downloadNetwork } from '../network/network.ts'
import { MemoryStore } from '../storage/memory-store.ts'
import { canStore } from '../storage/opfs/folder.ts'
import { openOpfsStore } from '../storage/opfs/opfs-store.ts'
import { deleteStored, storedBytes } from '../storage/opfs/stored-shares.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { encodeTorrent, type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'
import { setLoss } from './losses.ts'

/** How far a download is goes into its record this often: only a hint for the library, the store knows. */
const RECORD_INTERVAL_MS = 5000

/** A server that does not answer is asked again this often, and whenever the browser has a connection again. */
const NETWORK_RETRY_MS = 5000

/**
 * Join the swarm of a share and fetch the files at `wanted` (indexes, metainfo order; none to play only), going on from what is on disk.
 * It goes on by itself after a reload, on the same terms. When another tab of this browser runs it, that one gets the selection.
 * Errors: `share_published_here`, `insecure_context`, `webrtc_missing`, `share_not_found`, `server_unreachable`,
 * `metainfo_invalid`, `share_open_elsewhere`, `storage_full`, `storage_failed`.
 */
export async function startDownload(
  infoHash: InfoHash,
  wanted: readonly number[],
  title = '',
  terms: DownloadTerms = {},
): Promise<void> {
  // Before anything is kept: what this browser cannot do is said at once.
  const [network, kept, metainfo] = await Promise.all([
    downloadNetwork(infoHash),
    getKeptShare(infoHash).catch(() => undefined),
    getEngine().metainfo(infoHash) ?? fetchMetainfo(infoHash),
  ])
  // Its record knows the person's own files, and would be lost.
  if (kept?.role === 'publisher') throw new AppError('share_published_here')
  const before = kept
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
    held: before?.held ?? 0,
    saved: before?.saved ?? false,
    ...terms,
    // What the library shows stays there.
    temporary: terms.temporary === true && (before === undefined || before.temporary === true),
  }
  // Without a record (private windows) it works all the same until the tab closes.
  const recorded = await keepShare(download).then(
    () => true,
    () => false,
  )
  const here = await lead(infoHash, takesOver =>
    run(metainfo, download, takesOver ? downloadNetwork : async () => network, recorded),
  )
  if (!here && wanted.length > 0) getSession().select(infoHash, selected)
}

/**
 * Go on with every download of this browser that is not finished, without a click, here or (later) when the tab that runs
 * it is gone; with `lookOnDisk`, also with those that the browser has deleted from the disk since. What failed in this
 * tab waits for the person.
 */
export async function resumeDownloads(lookOnDisk: boolean): Promise<void> {
  for (const share of await listKeptShares()) {
    const { infoHash } = share
    if (share.role !== 'reader' || isHeld(infoHash) || getEngine().getSwarm(infoHash)?.error) continue
    if (isUnfinished(share) || (lookOnDisk && (await isLost(share)))) {
      void resumeDownload(infoHash).catch(() => undefined)
    }
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

/**
 * Leave the swarm, delete what is on disk, forget the record: whatever was saved elsewhere stays.
 * Errors: `share_open_elsewhere` (a tab that does not answer has it), `storage_failed`.
 */
export async function deleteDownload(infoHash: InfoHash): Promise<void> {
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  if (kept?.role === 'reader') await forgetKeptShare(infoHash)
  setLoss(infoHash, 0)
  await getSession().remove(infoHash)
  if (!canStore()) return
  await deleteStored(infoHash).catch(async () => {
    // A tab that is just opening the files lets go of them when it finds no record.
    await whenFree(infoHash)
    await deleteStored(infoHash)
  })
}

/** For how long an unfinished download that no library shows is worth its room. */
const TEMPORARY_MS = 7 * 86_400_000

/** Delete the `temporary` downloads of this browser that were saved, or are a week old, and that no tab has. */
export async function deleteSaved(): Promise<void> {
  const session = getSession()
  for (const share of await listKeptShares()) {
    const { addedAt, infoHash } = share
    if (share.role !== 'reader' || !share.temporary || session.getSwarm(infoHash)) continue
    if (share.saved || Date.now() - Date.parse(addedAt) > TEMPORARY_MS) await deleteDownload(infoHash)
  }
}

/** Note how far the downloads of this tab are; what the person decides is noted when they do. Called once. */
export function watchRecords(): void {
  const known = new Map<InfoHash, { readonly snapshot: SwarmSnapshot; readonly at: number }>()
  const engine = getEngine()
  engine.subscribe(() => {
    const now = performance.now()
    for (const snapshot of engine.getSnapshot()) {
      if (snapshot.role === 'publisher' || !isDownload(snapshot)) continue
      const before = known.get(snapshot.infoHash)
      if (before && !isDue(before.snapshot, snapshot, now - before.at)) continue
      known.set(snapshot.infoHash, { snapshot, at: now })
      const { downloaded, length } = snapshot
      const change = { downloaded, length, held: heldBytes(snapshot) }
      if (before) void changeKeptShare(snapshot.infoHash, change).catch(() => undefined)
    }
  })
}

/** Bytes of all files of a download that are here, selected or not. */
export const heldBytes = ({ files }: SwarmSnapshot): number =>
  files.reduce((sum, { downloaded }) => sum + downloaded, 0)

/** `recorded`: it has a record, so without one the person has deleted it since. */
async function run(
  metainfo: Metainfo,
  wanted: KeptDownload,
  connect: (infoHash: InfoHash) => Promise<SwarmNetwork>,
  recorded: boolean,
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
  const before = await latest()
  if (before?.role !== 'reader') {
    stopLeading(infoHash)
    return
  }
  if (present) await engine.leave(infoHash)
  const store = canStore() ? await openOpfsStore(metainfo, before.selected) : new MemoryStore(metainfo)
  // And so they may while it was opened, which takes long when much is hashed again.
  const download = await latest()
  if (download?.role !== 'reader') {
    stopLeading(infoHash)
    await (download ? store.close() : store.destroy())
    return
  }
  const joined = engine.join(metainfo, before.selected, { ...network, ...termsOf(before) }, store)
  if (!isSame(before.selected, download.selected)) engine.select(infoHash, download.selected)
  engine.setLimits(infoHash, download.limits)
  if (download.saved) engine.markSaved(infoHash)
  if (download.paused) void engine.pause(infoHash)
  const here = engine.getSwarm(infoHash)?.downloaded ?? 0
  setLoss(infoHash, store.kind === 'disk' ? Math.max(0, download.downloaded - here) : 0)
  await joined

  async function latest(): Promise<KeptShare | undefined> {
    return recorded ? getKeptShare(infoHash).catch(() => wanted) : wanted
  }
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

function isSame(a: readonly number[], b: readonly number[]): boolean {
  const those = new Set(b)
  return a.length === b.length && a.every(index => those.has(index))
}

/** The browser has deleted some of it to make room. */
const isLost = async ({ downloaded, infoHash }: KeptDownload): Promise<boolean> =>
  downloaded > 0 && canStore() && (await storedBytes(infoHash)) < downloaded

/** Not bytes that are passed on, nor those of a repair, which leaves a download of the same as it was. */
const isDownload = ({ keptIn }: SwarmSnapshot): boolean =>
  keptIn === 'disk' || (keptIn === 'memory' && !canStore())

const isUnfinished = ({ downloaded, length, selected }: KeptDownload): boolean =>
  selected.length > 0 && downloaded < length

function isDue(before: SwarmSnapshot, now: SwarmSnapshot, age: number): boolean {
  if (age >= RECORD_INTERVAL_MS && before.downloaded !== now.downloaded) return true
  return before.state !== now.state || before.length !== now.length
}

const termsOf = ({ uploads, webSeedUse }: DownloadTerms): DownloadTerms => ({
  ...(uploads !== undefined && { uploads }),
  ...(webSeedUse && { webSeedUse }),
})

function lengthOf({ files }: Metainfo, selected: readonly number[]): number {
  return selected.reduce((sum, index) => sum + (files[index]?.length ?? 0), 0)
}
