import type { ErrorCode } from '../../../lib/base/errors.ts'
import type { RateLimits } from '../../../lib/engine/view/snapshot.ts'
import type { SwarmNetwork } from '../../../lib/network/swarm-network.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { BucketAnswer, BucketAsk } from '../../bucket/claims.ts'

/** What the seeder runs with; fixed for as long as its process lives. */
export interface SeederOptions {
  /** Folder of the cached shares and their records. */
  readonly folder: string
  readonly network: SwarmNetwork
  readonly policy: CachePolicy
  /** TCP port for classic clients. */
  readonly port: number
  /** UDP ports of WebRTC; null: any. If first and last are the same: one port for all peers. */
  readonly udpPorts: { readonly first: number; readonly last: number } | null
  readonly utp: boolean
  readonly dht: boolean
  readonly limits: RateLimits
  /** Milliseconds of a round in which the files of all complete copies are looked for. Default: see `FileSweep`. */
  readonly sweepMs?: number | undefined
}

/** How long shares are cached, and how much of the disk they may take. */
export interface CachePolicy {
  /** Bytes of all cached shares together. */
  readonly budget: number
  /** Bytes of one share. */
  readonly shareMax: number
  /** Drop a share after this many days in which nobody took bytes of it; null: never. */
  readonly idleDays: number | null
  /** Drop a share after this many days; null: never. */
  readonly days: number | null
  /** Drop a share when this many times its length was uploaded; null: never. */
  readonly ratio: number | null
}

/** Messages of the server to its seeder, wherever that runs. */
export type ToSeeder =
  /**
   * Fetch this share and cache it; `torrent` names no trackers. A pinned share is dropped only on request. A share that
   * was dropped before is cached only if it is wanted `again`.
   */
  | {
      readonly do: 'keep'
      readonly torrent: Uint8Array
      readonly pinned: boolean
      readonly again: boolean
    }
  /** Seed this share from files on the seeder's machine, in metainfo order (null: padding); they stay where they are. */
  | { readonly do: 'seed'; readonly torrent: Uint8Array; readonly locations: readonly (string | null)[] }
  /** Stop seeding this share, and delete the copy that was fetched. */
  | { readonly do: 'drop'; readonly infoHash: InfoHash }
  /** These are published. The others were deleted while the seeder was away, or the server has an older database: see `Seeder.retain`. */
  | { readonly do: 'retain'; readonly infoHashes: readonly InfoHash[] }
  /** Somebody took `bytes` of the share over HTTP. */
  | { readonly do: 'touch'; readonly infoHash: InfoHash; readonly bytes: number }
  /** A piece on the server's own disk failed its hash: verify it, and fetch it again. */
  | { readonly do: 'check'; readonly infoHash: InfoHash; readonly piece: number }
  /** ICE servers for all connections from now on. */
  | { readonly do: 'ice'; readonly iceServers: readonly RTCIceServer[] }

/** Messages of the server to a seeder that may upload to the bucket. */
export type ToUploader =
  /** It may from now on. */
  { readonly do: 'upload' } | { readonly do: 'answer'; readonly id: number; readonly answer: BucketAnswer }

/** Messages of such a seeder, which the server answers under their ids. */
export type FromUploader = { readonly report: 'bucket'; readonly id: number; readonly ask: BucketAsk }

/** Messages to the seeder's process; those that are not in `ToSeeder` come from whoever started it. */
export type ToProcess =
  | ToSeeder
  | { readonly do: 'start'; readonly options: SeederOptions }
  /** Resend the full state, from `ready` on: a server has (re)connected. */
  | { readonly do: 'recount' }
  /** Report how much memory the process takes. */
  | { readonly do: 'measure' }
  | { readonly do: 'stop' }

/** The seeder's report on one cached share. Bytes. */
export interface CacheReport {
  readonly infoHash: InfoHash
  readonly have: number
  readonly complete: boolean
  /** Connected peers. */
  readonly peers: number
  readonly uploaded: number
  /** Complete copies that others have; the fraction counts the pieces of which there is one more, in hundredths. */
  readonly copies: number
  /** When all of it was last read and verified, in milliseconds since 1970; null: not since it was fetched. */
  readonly checkedAt: number | null
  /** Why it does not make progress, or null. */
  readonly problem: ErrorCode | null
}

/** What the seeder may store: bytes of all copies together, and how many of them nothing is reserved for. */
export interface SeederRoom {
  readonly budget: number
  readonly free: number
}

/** Messages of the seeder to the server. One of an earlier version has no `room`. */
export type FromSeeder =
  /** It takes messages from now on. It listens on this TCP port for classic clients, and caches exactly these shares. */
  | {
      readonly report: 'ready'
      readonly port: number
      readonly infoHashes: readonly InfoHash[]
      readonly room?: SeederRoom | undefined
    }
  /** A share is cached from now on, perhaps since before this process began. */
  | { readonly report: 'kept'; readonly torrent: Uint8Array }
  | {
      readonly report: 'state'
      readonly states: readonly CacheReport[]
      readonly room?: SeederRoom | undefined
    }
  /** A share is not cached (any more). */
  | {
      readonly report: 'dropped'
      readonly infoHash: InfoHash
      readonly reason: DropReason
      readonly room?: SeederRoom | undefined
    }
  /** A share cannot be cached: `seeder_full` or an error of the disk. */
  | { readonly report: 'refused'; readonly infoHash: InfoHash; readonly code: ErrorCode }

/** Messages of the seeder's process; those that are not in `FromSeeder` go to whoever started it. */
export type FromProcess =
  | FromSeeder
  /** Resident bytes. */
  | { readonly report: 'memory'; readonly bytes: number }

/** Why a share is not cached; `before`: it was dropped earlier, and nobody has requested it since. */
export type DropReason = 'asked' | 'expired' | 'evicted' | 'gone' | 'before'
