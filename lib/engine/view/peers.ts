import type { PeerId } from '../../torrent/ids.ts'
import { distributedCopies } from '../../torrent/piece-map.ts'
import type { Wire } from '../webtorrent-types.ts'
import { clientName } from './client-name.ts'
import type { PeerSnapshot } from './snapshot.ts'

export interface CopyCount {
  /** Distributed copies without this tab. */
  readonly copies: number
  /** Fraction of the pieces each peer has, 0 to 1. */
  readonly progress: ReadonlyMap<Wire, number>
}

/** Counts the copies among the connected peers. Walks every piece of every peer. */
export function countCopies(wires: readonly Wire[], pieceCount: number): CopyCount {
  const pieces = new Uint16Array(pieceCount)
  const progress = new Map<Wire, number>()
  for (const wire of wires) {
    let held = 0
    // Not webtorrent's isSeeder: it is true for every new peer until that peer has sent a first `have`.
    for (let piece = 0; piece < pieceCount; piece++) {
      if (!wire.peerPieces.get(piece)) continue
      pieces[piece] = (pieces[piece] ?? 0) + 1
      held++
    }
    progress.set(wire, held / pieceCount)
  }
  return { copies: distributedCopies(pieces), progress }
}

/** One peer as the page shows it; `progress` from `countCopies`. */
export function peerSnapshot(wire: Wire, via: PeerSnapshot['via'], progress: number): PeerSnapshot {
  return {
    id: wire.peerId as PeerId,
    client: clientName(wire.peerId),
    via,
    progress,
    downloadRate: wire.downloadSpeed(),
    uploadRate: wire.uploadSpeed(),
    downloaded: wire.downloaded,
    uploaded: wire.uploaded,
  }
}
