import type { Share } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

/** What the info dictionary says, in the form pages and API show it. Never changes: it is what the info hash names. */
export type Content = Pick<
  Share,
  'name' | 'length' | 'pieceLength' | 'pieceCount' | 'private' | 'singleFile' | 'files'
>

/** A published share, without its info dictionary. */
export interface ShareRecord {
  readonly infoHash: InfoHash
  readonly content: Content
  readonly title: string
  readonly description: string
  /** Whether it may be named to people who do not have its link. */
  readonly listed: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What lists say of a share. */
export interface ShareSummary
  extends Pick<ShareRecord, 'infoHash' | 'title' | 'listed' | 'createdAt' | 'updatedAt'> {
  readonly name: string
  readonly length: number
  /** Files that are not padding. */
  readonly fileCount: number
}

export interface NewShare extends Omit<ShareRecord, 'updatedAt'> {
  /** Raw bytes of the info dictionary. */
  readonly infoBytes: Uint8Array
  /** `comment` of the metainfo. */
  readonly comment: string
  /** SHA-256 of the owner key; the key itself is kept nowhere. */
  readonly ownerKeyHash: Uint8Array
}

/** What a `.torrent` is made of. */
export interface TorrentParts {
  readonly infoBytes: Uint8Array
  readonly comment: string
}

/** Published shares by info hash. What is added or changed is on disk when the promise resolves. */
export interface ShareStore {
  /** Add a share unless its info hash is there; true when it was added. */
  add(share: NewShare): Promise<boolean>
  find(infoHash: InfoHash): Promise<ShareRecord | undefined>
  findTorrent(infoHash: InfoHash): Promise<TorrentParts | undefined>
  findOwnerKeyHash(infoHash: InfoHash): Promise<Uint8Array | undefined>
  /** Change what may change; returns the share as it is now. */
  update(
    infoHash: InfoHash,
    change: {
      readonly title?: string | undefined
      readonly description?: string | undefined
      readonly listed?: boolean | undefined
    },
    at: Date,
  ): Promise<ShareRecord | undefined>
  /** True when there was such a share. */
  remove(infoHash: InfoHash): Promise<boolean>
  listInfoHashes(): Promise<readonly InfoHash[]>
  /** Those that are not to be named to people who do not have their link. */
  listUnlisted(): Promise<readonly InfoHash[]>
  /** Those of `infoHashes` that are there, in any order. */
  summaries(infoHashes: readonly InfoHash[]): Promise<readonly ShareSummary[]>
  /** At most `limit` listed shares, newest first. */
  newestListed(limit: number): Promise<readonly ShareSummary[]>
  /** Info hashes that must not be published. */
  listBlocked(): Promise<readonly InfoHash[]>
  block(infoHash: InfoHash, at: Date): Promise<void>
  unblock(infoHash: InfoHash): Promise<void>
}
