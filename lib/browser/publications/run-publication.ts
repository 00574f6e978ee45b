import { AppError } from '../../base/errors.ts'
import type { SwarmNetwork } from '../../network/swarm-network.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BrowserTab } from '../browser-tab.ts'
import { getSavedRecord, type SavedPublication } from '../records/saved-records.ts'

interface PublicationRun {
  readonly metainfo: Metainfo
  /** In metainfo order, checked. */
  readonly files: readonly File[]
  readonly network: SwarmNetwork
  readonly record: SavedPublication
  /**
   * True: `record` is stored in this browser, is read again before the run for whether it is paused and limited, and
   * without it the person has stopped the publication. False: `record` says all that.
   */
  readonly isRecorded: boolean
  /** Aborted: not wanted any more. */
  readonly signal?: AbortSignal
}

/**
 * Seed from this tab now, or as soon as the tab that does is gone, as the record says then. Errors: `cancelled` (the
 * person has stopped it meanwhile).
 */
export async function runPublication({ engine, locks }: BrowserTab, run: PublicationRun): Promise<void> {
  const { files, isRecorded, metainfo, network, record, signal } = run
  const { infoHash } = metainfo
  await locks.acquire(infoHash, async () => {
    // Its limits and its pause are for the swarm from the start.
    await engine.loadSwarms()
    const latest = isRecorded ? await getSavedRecord(infoHash).catch(() => record) : record
    if (signal?.aborted || latest?.role !== 'publisher') throw new AppError('cancelled')
    const present = engine.getSwarm(infoHash)
    // To publish again what is here already is to resume it.
    if (latest.paused && present?.role === 'publisher' && !present.error) return
    const published = engine.publish(metainfo, files, network)
    engine.setLimits(infoHash, latest.limits)
    if (latest.paused) void engine.pause(infoHash)
    await published
  })
}
