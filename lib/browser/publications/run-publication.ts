import { AppError } from '../../base/errors.ts'
import type { SwarmNetwork } from '../../engine/engine.ts'
import { getEngine } from '../../engine/index.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { getKeptShare, type KeptPublication } from '../records/saved-records.ts'
import { lead } from '../tab-locks.ts'

interface Publication {
  readonly metainfo: Metainfo
  /** In metainfo order, checked. */
  readonly files: readonly File[]
  readonly network: SwarmNetwork
  readonly kept: KeptPublication
  /** It has a record: that says whether it is paused and limited, and without it the person has stopped it. Else `kept` does. */
  readonly recorded: boolean
  /** Aborted: not wanted any more. */
  readonly signal?: AbortSignal
}

/**
 * Seed from this tab now, or as soon as the tab that does is gone, as the record says then. Errors: `cancelled` (the
 * person has stopped it meanwhile).
 */
export async function leadPublication(publication: Publication): Promise<void> {
  const { files, kept, metainfo, network, recorded, signal } = publication
  const { infoHash } = metainfo
  await lead(infoHash, async () => {
    const now = recorded ? await getKeptShare(infoHash).catch(() => kept) : kept
    if (signal?.aborted || now?.role !== 'publisher') throw new AppError('cancelled')
    const engine = getEngine()
    const present = engine.getSwarm(infoHash)
    // To publish again what is here already is to resume it.
    if (now.paused && present?.role === 'publisher' && !present.error) return
    const published = engine.publish(metainfo, files, network)
    engine.setLimits(infoHash, now.limits)
    if (now.paused) void engine.pause(infoHash)
    await published
  })
}
