import type { ErrorCode } from '../../../lib/base/errors.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { SeederOptions } from '../process/seeder.ts'

/** What the server tells its seeder, wherever that runs. */
export type ToSeeder =
  /**
   * Fetch this share and keep it; `torrent` names no trackers. What is pinned goes only when it is dropped. What was let
   * go of once is kept only if somebody wants it `again`.
   */
  | {
      readonly do: 'keep'
      readonly torrent: Uint8Array
      readonly pinned: boolean
      readonly again: boolean
    }
  /** Seed this share from files that are here, in metainfo order (null: padding), and stay where they are. */
  | { readonly do: 'seed'; readonly torrent: Uint8Array; readonly locations: readonly (string | null)[] }
  /** Let go of this share, and of its bytes where they were fetched. */
  | { readonly do: 'drop'; readonly infoHash: InfoHash }
  /** Let go of all shares but these: the others ended while the seeder was away. */
  | { readonly do: 'retain'; readonly infoHashes: readonly InfoHash[] }
  /** Somebody took `bytes` of the share over HTTP. */
  | { readonly do: 'touch'; readonly infoHash: InfoHash; readonly bytes: number }
  /** ICE servers for all connections from now on. */
  | { readonly do: 'ice'; readonly iceServers: readonly RTCIceServer[] }

/** What the seeder's process is told besides, by who started it. */
export type ToProcess =
  | ToSeeder
  | { readonly do: 'start'; readonly options: SeederOptions }
  /** Say again all that is so, from `ready` on: there is somebody new to hear it. */
  | { readonly do: 'recount' }
  /** Tell how much memory you take. */
  | { readonly do: 'measure' }
  | { readonly do: 'stop' }

/** How much of a share the seeder has. Bytes. */
export interface KeptState {
  readonly infoHash: InfoHash
  readonly have: number
  readonly complete: boolean
  /** Peers it is connected to. */
  readonly peers: number
  readonly uploaded: number
  /** Complete copies others have, with the fraction that is there once more; in hundredths at most. */
  readonly copies: number
  /** Why it does not go on, or null. */
  readonly problem: ErrorCode | null
}

/** What the seeder tells the server. */
export type FromSeeder =
  /** It can be told from now on. It listens on this TCP port for classic clients, and these shares are all that it keeps. */
  | { readonly told: 'ready'; readonly port: number; readonly infoHashes: readonly InfoHash[] }
  /** A share is kept from now on, perhaps since before this process began. */
  | { readonly told: 'kept'; readonly torrent: Uint8Array }
  | { readonly told: 'state'; readonly states: readonly KeptState[] }
  /** A share is not kept (any more). */
  | { readonly told: 'dropped'; readonly infoHash: InfoHash; readonly reason: DropReason }
  /** It can't be kept: `seeder_full` or a failure of the disk. */
  | { readonly told: 'refused'; readonly infoHash: InfoHash; readonly code: ErrorCode }

/** What the seeder's process tells besides. */
export type FromProcess =
  | FromSeeder
  /** Resident bytes. */
  | { readonly told: 'memory'; readonly bytes: number }

/** Why a share is not kept; `before`: it was let go of earlier, and nobody asked for it since. */
export type DropReason = 'asked' | 'expired' | 'evicted' | 'gone' | 'before'
