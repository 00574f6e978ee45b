import type { ErrorCode } from '../../base/errors.ts'
import type { InfoHash, PeerId } from '../../torrent/ids.ts'
import type { WebSeedFault } from '../web-seeds/web-seed-source.ts'

/**
 * What one swarm is doing, as the page shows it in `data-state`:
 * `seeding` we published it and have the files · `waiting` a download with nobody to fetch from ·
 * `downloading` from peers or web seeds · `paused` by the person · `done` a download whose selected files are complete
 * (it goes on giving to others) · `error` stopped, see `error`.
 */
export type SwarmState = 'seeding' | 'waiting' | 'downloading' | 'paused' | 'done' | 'error'

/** One connected peer. Rates in bytes a second, amounts in bytes, `progress` 0 to 1. */
export interface PeerSnapshot {
  readonly id: PeerId
  /** Client name and version from the peer id (BEP 20), or empty. Untrusted text. */
  readonly client: string
  /** By WebRTC straight or through a TURN server of either side, or by TCP or uTP. */
  readonly via: 'direct' | 'relay' | 'tcp'
  readonly progress: number
  readonly downloadRate: number
  readonly uploadRate: number
  readonly downloaded: number
  readonly uploaded: number
}

/**
 * One web seed (BEP 19): `idle` while peers suffice, `active`, `waiting` after a failure that may pass, `failed` for
 * good; `fault` says why. Bytes, and bytes a second, since the swarm was last joined.
 */
export interface WebSeedSnapshot {
  readonly url: string
  readonly state: 'idle' | 'active' | 'waiting' | 'failed'
  readonly fault: WebSeedFault | null
  readonly downloaded: number
  readonly downloadRate: number
}

/** One file of the share: verified bytes we hold, and whether the person wants it. */
export interface FileSnapshot {
  readonly index: number
  readonly downloaded: number
  readonly selected: boolean
}

/** Cells of the piece map: 0 missing, 1 some pieces, 2 all pieces, 3 being fetched. */
export type PieceCell = 0 | 1 | 2 | 3

/** Most bytes a second in each direction; null: no limit. */
export interface RateLimits {
  readonly download: number | null
  readonly upload: number | null
}

export const NO_LIMITS: RateLimits = { download: null, upload: null }

/**
 * An immutable picture of one swarm, replaced at most twice a second and only when something changed.
 * Amounts in bytes, rates in bytes a second, `timeLeft` in seconds (null: unknown).
 */
export interface SwarmSnapshot {
  readonly infoHash: InfoHash
  /** Our own peer id in this tab. */
  readonly peerId: PeerId
  readonly role: 'publisher' | 'reader'
  readonly state: SwarmState
  readonly error: { readonly code: ErrorCode; readonly detail: string } | null
  /** Why it is `paused` though nobody paused it (`storage_full`): it goes on by itself when that ends. */
  readonly problem: { readonly code: ErrorCode; readonly detail: string } | null
  /** Bytes of the selected files. */
  readonly length: number
  /** Verified bytes of the selected files. */
  readonly downloaded: number
  /** True once the person saved something of a download: closing the tab no longer loses all of it. */
  readonly saved: boolean
  /** Where the bytes are: the person's own files, our disk store (there after a reload), this tab only, or nowhere (passed on). */
  readonly keptIn: 'files' | 'disk' | 'memory' | 'none'
  readonly limits: RateLimits
  /** False: nothing is given to others. */
  readonly uploads: boolean
  readonly uploaded: number
  readonly downloadRate: number
  readonly uploadRate: number
  readonly timeLeft: number | null
  readonly peers: readonly PeerSnapshot[]
  readonly webSeeds: readonly WebSeedSnapshot[]
  /** Bytes of verified pieces that came from peers and from web seeds since this tab took part. */
  readonly fromPeers: number
  readonly fromWebSeeds: number
  /** Complete copies in the swarm without this tab, with its fraction: 1.4 = one, and 40 % of the pieces twice. */
  readonly copies: number
  readonly files: readonly FileSnapshot[]
  /** At most 240 cells. */
  readonly pieceMap: readonly PieceCell[]
  readonly tracker: 'connecting' | 'connected' | 'unreachable'
  /** Peers in the swarm that no connection came about with lately. */
  readonly unreached: number
  /** Whether there is a TURN server to go through. */
  readonly relay: boolean
}

/** All swarms of this tab, newest first. */
export type EngineSnapshot = readonly SwarmSnapshot[]
