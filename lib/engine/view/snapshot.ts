import type { ErrorCode } from '../../base/errors.ts'
import type { InfoHash, PeerId } from '../../torrent/ids.ts'
import type { PieceCell } from '../../torrent/piece-map.ts'
import type { WebSeedFault } from '../web-seeds/web-seed-source.ts'

/**
 * State of one swarm, in the page's `data-state`:
 * `seeding` we published it and have the files · `waiting` a download with no source connected ·
 * `downloading` from peers or web seeds · `paused` by the person · `done` a download whose selected files are complete
 * (it keeps uploading) · `error` stopped, see `error`.
 */
export type SwarmState = 'seeding' | 'waiting' | 'downloading' | 'paused' | 'done' | 'error'

/** One connected peer. Rates in bytes a second, amounts in bytes, `progress` 0 to 1. */
export interface PeerSnapshot {
  readonly id: PeerId
  /** Client name and version from the peer id (BEP 20), or empty. Untrusted text. */
  readonly client: string
  /** By WebRTC, directly or through a TURN server of either side, or by TCP or uTP. */
  readonly via: 'direct' | 'relay' | 'tcp'
  readonly progress: number
  readonly downloadRate: number
  readonly uploadRate: number
  readonly downloaded: number
  readonly uploaded: number
}

/**
 * One web seed (BEP 19): `idle` while peers suffice, `active`, `waiting` after a temporary failure, `failed` permanently;
 * `fault` is the reason. Bytes, and bytes a second, since the swarm was last joined.
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

/** Most bytes a second in each direction; null: no limit. */
export interface RateLimits {
  readonly download: number | null
  readonly upload: number | null
}

export const NO_LIMITS: RateLimits = { download: null, upload: null }

/**
 * Immutable state of one swarm, replaced at most twice a second and only when something changed.
 * Amounts in bytes, rates in bytes a second, `timeLeft` in seconds (null: unknown).
 */
export interface SwarmSnapshot {
  readonly infoHash: InfoHash
  /** Our own peer id in this tab. */
  readonly peerId: PeerId
  readonly role: 'publisher' | 'reader'
  readonly state: SwarmState
  readonly error: { readonly code: ErrorCode; readonly detail: string } | null
  /** Why it is `paused` although the person did not pause it (`storage_full`): it resumes by itself when that ends. */
  readonly problem: { readonly code: ErrorCode; readonly detail: string } | null
  /** Bytes of the selected files. */
  readonly length: number
  /** Verified bytes of the selected files. */
  readonly downloaded: number
  /** True once the person has saved something of a download: closing the tab no longer loses all of it. */
  readonly saved: boolean
  /** Where the bytes are: the person's own files, our disk store (survives a reload), this tab only, or nowhere (passed on). */
  readonly keptIn: 'files' | 'disk' | 'memory' | 'none'
  readonly limits: RateLimits
  /** False: nothing is uploaded. */
  readonly uploads: boolean
  readonly uploaded: number
  readonly downloadRate: number
  readonly uploadRate: number
  readonly timeLeft: number | null
  readonly peers: readonly PeerSnapshot[]
  readonly webSeeds: readonly WebSeedSnapshot[]
  /** Bytes of verified pieces from peers and from web seeds since this tab joined the swarm. */
  readonly fromPeers: number
  readonly fromWebSeeds: number
  /** Distributed copies among the connected peers: 1.4 is one complete copy, with 40 % of the pieces twice. */
  readonly copies: number
  readonly files: readonly FileSnapshot[]
  /** At most 240 cells. */
  readonly pieceMap: readonly PieceCell[]
  readonly tracker: 'connecting' | 'connected' | 'unreachable'
  /** Peers of the swarm that could not be reached lately. */
  readonly unreached: number
  /** True when there is a TURN server to connect through. */
  readonly relay: boolean
}

/** All swarms of this tab, newest first. */
export type EngineSnapshot = readonly SwarmSnapshot[]
