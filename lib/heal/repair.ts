import { fetchMetainfo } from '../api/client.ts'
import { AppError, toAppError } from '../base/errors.ts'
import { getSession } from '../browser/session/session.ts'
import { lead, stopLeading } from '../browser/tab-locks.ts'
import { getEngine } from '../engine/index.ts'
import { downloadNetwork } from '../network/network.ts'
import { MemoryStore } from '../storage/memory-store.ts'
import { canStore } from '../storage/opfs/folder.ts'
import { openOpfsStore } from '../storage/opfs/opfs-store.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import { checkRoom } from '../storage/room.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { bytesToFetch, type CopyReport } from './check-copy.ts'
import { HealStore } from './heal-store.ts'
import { contentOf, type LocalCopy } from './local-copy.ts'

/** A smaller patch is not worth a place on the disk, which a crash would leave behind; bytes. */
const MEMORY_PATCH_MAX = 32 * 1024 * 1024

/** What to repair: the files at `selected` (metainfo order) of a copy that was checked. */
export interface RepairPlan {
  readonly metainfo: Metainfo
  readonly copy: LocalCopy
  readonly report: CopyReport
  readonly selected: readonly number[]
}

/** A repair under way. */
export interface Repair {
  readonly store: HealStore
  /** False when nothing had to be fetched: then there is no swarm. */
  readonly fetches: boolean
  /** Leave the swarm and let go of what was fetched. */
  readonly end: () => Promise<void>
}

/**
 * Join the swarm of the share for the bad pieces of the selected files, if there are any; what is good is given to
 * others meanwhile. `onCopyChanged` is called when the copy changes on disk.
 * Errors: `insecure_context`, `webrtc_missing`, `server_unreachable`, `share_not_offered`, `share_open_elsewhere`,
 * `storage_full`, `storage_failed`.
 */
export async function startRepair(plan: RepairPlan, onCopyChanged: () => void): Promise<Repair> {
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
  const [network] = await Promise.all([downloadNetwork(infoHash), requireOffer(infoHash)])
  await makeWay(infoHash)
  const { patch, ownsPatch } = await openPatch(metainfo, toFetch)
  const store = open({ patch, ownsPatch })
  const here = await lead(infoHash, () => getEngine().join(metainfo, selected, network, store))
  const end = () =>
    getEngine()
      .remove(infoHash)
      .finally(() => stopLeading(infoHash))
  if (here) return { store, fetches: true, end }
  stopLeading(infoHash)
  await store.destroy()
  throw new AppError('share_open_elsewhere')
}

interface HealStorePatch {
  readonly patch: PieceStore
  readonly ownsPatch: boolean
}

async function openPatch(metainfo: Metainfo, toFetch: number): Promise<HealStorePatch> {
  if (toFetch <= MEMORY_PATCH_MAX || !canStore()) {
    return { patch: new MemoryStore(metainfo), ownsPatch: true }
  }
  if (!(await checkRoom(toFetch)).enough) throw new AppError('storage_full')
  // No file is wanted whole, so each piece lies in a file of its own.
  const patch = await openOpfsStore(metainfo, [])
  return { patch, ownsPatch: patch.have.every(byte => byte === 0) }
}

/** The server knows the share: otherwise nobody can be found here. */
async function requireOffer(infoHash: InfoHash): Promise<void> {
  try {
    await fetchMetainfo(infoHash)
  } catch (reason) {
    const { code } = toAppError(reason)
    throw code === 'share_not_found' ? new AppError('share_not_offered', '', { cause: reason }) : reason
  }
}

/** A browser takes part in a swarm once; a download on disk can give way and goes on later. */
async function makeWay(infoHash: InfoHash): Promise<void> {
  const engine = getEngine()
  if (getSession().isElsewhere(infoHash)) throw new AppError('share_open_elsewhere')
  const swarm = engine.getSwarm(infoHash)
  if (!swarm || swarm.state === 'error') return
  if (swarm.keptIn !== 'disk') throw new AppError('share_open_elsewhere')
  await engine.leave(infoHash)
}
