import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { CacheReport } from '../link/messages.ts'

/** The last report of each cached share, so that only what changed is sent. */
export class CopyReports {
  readonly #sent = new Map<InfoHash, CacheReport>()

  /** Notes `report` as sent: whether it differs from the one before, and the bytes uploaded since that. */
  add(report: CacheReport): { readonly changed: boolean; readonly uploaded: number } {
    const before = this.#sent.get(report.infoHash)
    this.#sent.set(report.infoHash, report)
    return {
      changed: JSON.stringify(before) !== JSON.stringify(report),
      uploaded: report.uploaded - (before?.uploaded ?? 0),
    }
  }

  forget(infoHash: InfoHash): void {
    this.#sent.delete(infoHash)
  }
}

/** For `checkedAt` see `CacheReport`. */
export function reportOf(swarm: SwarmSnapshot, checkedAt: number | null): CacheReport {
  const { copies, downloaded, error, infoHash, peers, problem, state, uploaded } = swarm
  return {
    infoHash,
    have: downloaded,
    complete: state === 'done',
    peers: peers.length,
    uploaded,
    copies: Math.floor(copies * 100) / 100,
    checkedAt,
    problem: error?.code ?? problem?.code ?? null,
  }
}

/** Of a share that could not be opened, for the reason `problem`. */
export const unopenedReport = (infoHash: InfoHash, problem: CacheReport['problem']): CacheReport => ({
  infoHash,
  have: 0,
  complete: false,
  peers: 0,
  uploaded: 0,
  copies: 0,
  checkedAt: null,
  problem,
})
