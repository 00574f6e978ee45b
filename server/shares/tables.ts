import type { Generated } from 'kysely'
import type { ReportReason } from '../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { AuditAct } from './takedown/takedown-store.ts'

/** Tables of the database, as the last migration leaves them. Times are milliseconds since 1970 in UTC; `content` is JSON. */
export interface Tables {
  shares: {
    info_hash: InfoHash
    info: Uint8Array<ArrayBuffer>
    content: string
    comment: string
    title: string
    description: string
    owner_key_sha256: Uint8Array
    /** Copied from `content`, which may be large, for lists. */
    name: string
    length: number
    file_count: number
    listed: 0 | 1
    /** Who published it, as `Publisher` says; null: nobody in particular. */
    publisher: string | null
    /** When it ends by itself, and after how many downloads. */
    expires_at: number | null
    downloads_max: number | null
    created_at: number
    updated_at: number
    /** See `contentDigest`; null where it cannot be read. */
    content_sha256: string | null
    /** `content` without its files; empty where a node of the version before published it. */
    head: string
  }
  web_seeds: {
    info_hash: InfoHash
    position: number
    url: string
    state: 'ok' | 'failed'
    /** An error code, unless the state is `ok`. */
    reason: string | null
    checked_at: number
    check_at: number
    added_by: 'owner'
  }
  blocked: {
    info_hash: InfoHash
    blocked_at: number
    content_sha256: string | null
    reason: string
    /** Of the share when it was blocked; empty and 0 where it was not here. */
    name: string
    length: number
    blocked_by: string
  }
  audit: {
    id: Generated<number>
    at: number
    by: string
    act: AuditAct
    info_hash: InfoHash | null
    why: string
  }
  reports: {
    id: Generated<number>
    at: number
    info_hash: InfoHash
    reason: ReportReason
    details: string
    contact: string
    /** Null while it is open. */
    closed_at: number | null
    closed_by: string
  }
  publisher_addresses: {
    info_hash: InfoHash
    address: string
    at: number
  }
  held: {
    info_hash: InfoHash
    /** When somebody was last seen who has all of it. */
    held_at: number
  }
  seeders: {
    id: string
    name: string
    zone: string
    free: number | null
    url: string
    inside_url: string
    here: 0 | 1
    seen_at: number
  }
  copies: {
    info_hash: InfoHash
    seeder: string
    state: 'asked' | 'held' | 'surplus' | 'released' | 'refused' | 'expired' | 'folder'
    complete: 0 | 1
    /** Verified bytes, as of when it became whole or began. */
    have: number
    pinned: 0 | 1
  }
  seen: {
    info_hash: InfoHash
    /** When somebody besides this server was last seen who has all of it. */
    seen_at: number
  }
  checksums: {
    info_hash: InfoHash
    /** SHA-256 of each file in metainfo order, 32 bytes each; zeros where it is not known. */
    sums: Uint8Array
    stated_at: number
  }
  /** Links with which people ask for files. */
  inboxes: {
    id: string
    owner_key_sha256: Uint8Array
    /** Empty once it has ended. */
    sealed: Uint8Array
    created_at: number
    expires_at: number
    /** Null while it takes deliveries. */
    ended_at: number | null
    /** Who asks, as `Publisher` says, and the hash of what shows that a sender has the link; null: a sender's own right counts. */
    publisher: string | null
    send_key_sha256: Uint8Array | null
    /** Number of the last delivery that the page of who asked has. */
    fetched: Generated<number>
  }
  /** Shares that were published with the link of an inbox, by the right of who asked. */
  inboxes_shares: {
    inbox_id: string
    info_hash: InfoHash
    at: number
    /** Whether whoever asked was told of it. */
    delivered: 0 | 1
  }
  inboxes_deliveries: {
    id: Generated<number>
    inbox_id: string
    at: number
    sealed: Uint8Array
  }
  /** See `BucketShare`. */
  bucket_shares: {
    info_hash: InfoHash
    state: 'uploading' | 'there' | 'removing' | 'gone'
    node: string
    open_file: number | null
    objects: number
    bytes: number
    changed_at: number
  }
  /** Shares that ended by themselves. */
  ended: {
    info_hash: InfoHash
    ended_at: number
  }
  publish_tokens: {
    id: string
    name: string
    /** Null until an invitation was opened. */
    secret_sha256: Uint8Array | null
    /** Of the invitation that it came from. */
    invitation_sha256: Uint8Array | null
    shares_max: number | null
    bytes_max: number | null
    created_at: number
    expires_at: number | null
    revoked_at: number | null
  }
  history: {
    info_hash: InfoHash
    at: number
    complete: number
    incomplete: number
    completed: number
    bytes: number
  }
  /** Servers of a cluster; this table and those below it are in PostgreSQL only. Times are those of the database's clock. */
  nodes: {
    name: string
    build: string
    started_at: number
    seen_at: number
    leads: 0 | 1
  }
  /** What each node counts of its swarms. */
  swarm_counts: {
    info_hash: InfoHash
    node: string
    complete: number
    incomplete: number
    completed: number
    bytes: number
  }
  /** When a share, its block or its end last changed. */
  changes: {
    info_hash: InfoHash
    at: number
  }
}

/** For every connection that writes. An owner key is handed out only once: an acknowledged share must survive a power cut. */
export const KEEP_ACKNOWLEDGED = 'synchronous = FULL'
