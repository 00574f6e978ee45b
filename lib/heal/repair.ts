import { fetchMetainfo } from '../api/client.ts'
import { AppError, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { openStore } from '../browser/downloads/open-store.ts'
import { MemoryStore } from '../storage/memory-store.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import { checkRoom } from '../storage/room.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { bytesToFetch } from './check-copy.ts'
import { HealStore } from './heal-store.ts'
import { contentOf } from './local-copy.ts'
import type { RepairPlan } from './repair-plan.ts'

/** Smaller patches stay in memory: on the disk, a crash would leave them behind; bytes. */
const MEMORY_PATCH_MAX = 32 * 1024 * 1024

/** A repair under way. */
export interface Repair {
  readonly store: HealStore
  /** False when nothing has to be fetched: then there is no swarm. */
  readonly fetches: boolean
  /** Leave the swarm and delete what was fetched. */
  readonly end: () => Promise<void>
}

/**
 * Join the swarm of the share for the bad pieces of the selected files, if there are any; good pieces are uploaded to
 * others meanwhile. `onCopyChanged` is called when the copy changes on disk.
 * Errors: `insecure_context`, `webrtc_missing`, `server_unreachable`, `share_not_offered`, `share_open_elsewhere`,
 * `storage_full`, `storage_failed`.
 */
export async function startRepair(
  tab: BrowserTab,
  plan: RepairPlan,
  onCopyChanged: () => void,
): Promise<Repair> {
  const { engine, locks } = tab
  const { copy, metainfo, report, selected } = plan
  const open = (patch: HealStorePatch) =>
    new HealStore({
      metainfo,
      content: contentOf(metainfo, copy),
      good: report.good,
      onCopyChanged,
      ...patch,
    })
  const toFetch = bytesToFetch(metainfo, report.good, selected)
  if (toFetch === 0) {
    const store = open({ patch: new MemoryStore(metainfo), ownsPatch: true })
    return { store, fetches: false, end: () => store.destroy() }
  }

  const { infoHash } = metainfo
  const [network] = await Promise.all([tab.network.forDownload(infoHash), requireOffer(infoHash)])
  await leaveDownload(tab, infoHash)
  const { patch, ownsPatch } = await openPatch(tab, metainfo, toFetch)
  const store = open({ patch, ownsPatch })
  const here = await locks.acquire(infoHash, () => engine.join(metainfo, selected, network, store))
  const end = () => engine.remove(infoHash).finally(() => locks.release(infoHash))
  if (here) return { store, fetches: true, end }
  locks.release(infoHash)
  await store.destroy()
  throw new AppError('share_open_elsewhere')
}

interface HealStorePatch {
  readonly patch: PieceStore
  readonly ownsPatch: boolean
}

async function openPatch(tab: BrowserTab, metainfo: Metainfo, toFetch: number): Promise<HealStorePatch> {
  if (toFetch <= MEMORY_PATCH_MAX || !(await tab.findDisk())) {
    return { patch: new MemoryStore(metainfo), ownsPatch: true }
  }
  if (!(await checkRoom(toFetch)).enough) throw new AppError('storage_full')
  // No file is selected, so each piece is in a file of its own.
  const patch = await openStore(tab, metainfo, [])
  return { patch, ownsPatch: patch.have.every(byte => byte === 0) }
}

/** Errors: `share_not_offered` when the server does not know the share: then it has no peers here. */
async function requireOffer(infoHash: InfoHash): Promise<void> {
  try {
    await fetchMetainfo(infoHash)
  } catch (reason) {
    const { code } = toAppError(reason)
    throw code === 'share_not_found' ? new AppError('share_not_offered', '', { cause: reason }) : reason
  }
}

/** A browser is in a swarm only once: a download on disk is left, and goes on later. Errors: `share_open_elsewhere`. */
async function leaveDownload({ engine, session }: BrowserTab, infoHash: InfoHash): Promise<void> {
  if (session.isElsewhere(infoHash)) throw new AppError('share_open_elsewhere')
  const swarm = engine.getSwarm(infoHash)
  if (!swarm || swarm.state === 'error') return
  if (swarm.keptIn !== 'disk') throw new AppError('share_open_elsewhere')
  await engine.leave(infoHash)
}
