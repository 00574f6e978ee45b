import { fetchMetainfo } from '../../api/client.ts'
import { AppError } from '../../base/errors.ts'
import { NO_LIMITS } from '../../engine/view/snapshot.ts'
import { storedBytes } from '../../storage/opfs/stored-shares.ts'
import { encodeTorrent } from '../../torrent/encode-torrent.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BrowserTab } from '../browser-tab.ts'
import {
  type DownloadTerms,
  getSavedRecord,
  listSavedRecords,
  type SavedDownload,
  saveRecord,
} from '../records/saved-records.ts'
import { metainfoOf } from '../sealed/seals.ts'
import { awaitNetwork, isSame, runDownload } from './run-download.ts'

interface StartOptions extends DownloadTerms {
  /** For the library; default: as before, or the name of the content. */
  readonly title?: string
}

/**
 * Join the swarm of a share and fetch the files at `wanted` (indexes, metainfo order; none to play only), going on from
 * what is on disk. After a reload it goes on by itself, on the same terms. When another tab of this browser runs it, that
 * one gets the selection.
 * Errors: `share_published_here`, `insecure_context`, `webrtc_missing`, `share_not_found`, `server_unreachable`,
 * `metainfo_invalid`, `share_open_elsewhere`, `storage_full`, `storage_failed`.
 */
export async function startDownload(
  tab: BrowserTab,
  infoHash: InfoHash,
  wanted: readonly number[],
  { title, ...terms }: StartOptions = {},
): Promise<void> {
  // Before anything is saved: what this browser cannot do is said at once.
  const prepared = await tab.preparation.take(infoHash)
  const [network, before, metainfo] = await Promise.all([
    tab.network.forDownload(infoHash, prepared?.answers),
    getSavedRecord(infoHash).catch(() => undefined),
    (async () =>
      tab.seals.open(
        tab.engine.metainfo(infoHash) ?? prepared?.metainfo ?? (await fetchMetainfo(infoHash)),
      ))(),
  ])
  // Its record knows the person's own files, and would be lost.
  if (before?.role === 'publisher') throw new AppError('share_published_here')
  // Playing needs no file whole; those selected before stay so.
  const selected = wanted.length === 0 ? (before?.selected ?? []) : wanted
  const download: SavedDownload = {
    role: 'reader',
    infoHash,
    title: title || before?.title || metainfo.name,
    torrent: encodeTorrent({ infoBytes: metainfo.infoBytes, announceList: [] }),
    seal: tab.seals.get(infoHash) ?? before?.seal,
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
  // Without storage (private windows) it works all the same until the tab closes.
  const latest = await saveRecord(download).then(
    () => latestOf(download),
    () => async () => download,
  )
  const run = { metainfo, wanted: download, latest }
  const isHere = await tab.locks.acquire(
    infoHash,
    () => runDownload(tab, { ...run, connect: async () => network }),
    // Hours may have passed.
    () => runDownload(tab, { ...run, connect: () => tab.network.forDownload(infoHash) }),
  )
  if (!isHere && wanted.length > 0) tab.session.select(infoHash, selected)
}

/**
 * Go on with every download of this browser that is not finished, without a click, here or (later) when the tab that runs
 * it is gone; with `includeLost`, also with those that the browser has deleted from the disk since. What failed in this
 * tab waits for the person.
 */
export async function resumeDownloads(
  tab: BrowserTab,
  { includeLost }: { readonly includeLost: boolean },
): Promise<void> {
  for (const record of await listSavedRecords()) {
    const { infoHash, role } = record
    if (role !== 'reader' || tab.locks.isRequested(infoHash) || tab.engine.getSwarm(infoHash)?.error) continue
    if (isUnfinished(record) || (includeLost && (await isLost(tab, record)))) {
      void resumeDownload(tab, infoHash).catch(() => undefined)
    }
  }
}

/** Go on with a download of this browser from what is on disk; a paused one stays paused. False when there is none. */
export async function resumeDownload(tab: BrowserTab, infoHash: InfoHash): Promise<boolean> {
  const record = await getSavedRecord(infoHash).catch(() => undefined)
  if (record?.role !== 'reader' || record.selected.length === 0) return false
  const metainfo = await metainfoOf(record)
  const connect = () => awaitNetwork(tab, infoHash)
  await tab.locks.acquire(infoHash, () =>
    runDownload(tab, { metainfo, wanted: record, latest: latestOf(record), connect }),
  )
  return true
}

/** Reads the record again; where that fails, it is as it was. */
const latestOf = (download: SavedDownload) => () => getSavedRecord(download.infoHash).catch(() => download)

const isUnfinished = ({ downloaded, length, selected }: SavedDownload): boolean =>
  selected.length > 0 && downloaded < length

/** The browser has deleted some of it to make room. */
const isLost = async (tab: BrowserTab, { downloaded, infoHash }: SavedDownload): Promise<boolean> =>
  downloaded > 0 && (await tab.findDisk()) && (await storedBytes(infoHash)) < downloaded

function lengthOf({ files }: Metainfo, selected: readonly number[]): number {
  return selected.reduce((sum, index) => sum + (files[index]?.length ?? 0), 0)
}
