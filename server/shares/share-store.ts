import type { Share } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Ends } from './expiry/ends.ts'

/** Content of the info dictionary, in the form of the API. It never changes: the info hash identifies it. */
export type Content = Pick<
  Share,
  'name' | 'length' | 'pieceLength' | 'pieceCount' | 'private' | 'singleFile' | 'files'
>

/** A published share, without its info dictionary. */
export interface ShareRecord extends Ends {
  readonly infoHash: InfoHash
  readonly content: Content
  readonly title: string
  readonly description: string
  /** Whether it may be shown to people who do not have its link. */
  readonly listed: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A share whose list of files is left out where it is long. */
interface BriefRecord extends ShareRecord {
  /** Files that are not padding. */
  readonly fileCount: number
}

/** A share, with its list of files as JSON in UTF-8: that of 100,000 files takes longer to read and write than to copy. */
interface TextRecord {
  /** Without files. */
  readonly record: ShareRecord
  readonly filesJson: Uint8Array
}

/** What lists show of a share. */
export interface ShareSummary
  extends Pick<ShareRecord, 'infoHash' | 'title' | 'listed' | 'createdAt' | 'updatedAt'> {
  readonly name: string
  readonly length: number
  /** Files that are not padding. */
  readonly fileCount: number
}

/** Content that is written as JSON already, and what lists show of it. */
export interface StoredContent extends Pick<ShareSummary, 'name' | 'length' | 'fileCount'> {
  /** `Content`. */
  readonly json: string
}

export interface NewShare extends Omit<ShareRecord, 'content' | 'updatedAt'> {
  readonly content: StoredContent
  /** Raw bytes of the info dictionary. */
  readonly infoBytes: Uint8Array<ArrayBuffer>
  /** `comment` of the metainfo. */
  readonly comment: string
  /** Who published it, as `Publisher` says; null: nobody in particular. */
  readonly publisher: string | null
  /** See `contentDigest`. */
  readonly contentDigest: string | null
  /** SHA-256 of the owner key; the key itself is not stored. */
  readonly ownerKeyHash: Uint8Array
}

/** The stored parts of a `.torrent`. */
export interface TorrentParts {
  readonly infoBytes: Uint8Array<ArrayBuffer>
  readonly comment: string
}

/** Published shares by info hash. A change is on disk when its promise resolves. */
export interface ShareStore {
  /** Add a share unless its info hash exists; true if it was added. */
  add(share: NewShare): Promise<boolean>
  find(infoHash: InfoHash): Promise<ShareRecord | undefined>
  /** The same without its files if there are more than `filesMax`. */
  findBrief(infoHash: InfoHash, filesMax: number): Promise<BriefRecord | undefined>
  findText(infoHash: InfoHash): Promise<TextRecord | undefined>
  findTorrent(infoHash: InfoHash): Promise<TorrentParts | undefined>
  findOwnerKeyHash(infoHash: InfoHash): Promise<Uint8Array | undefined>
  /** Who published a share; null where nobody in particular did, or there is none. */
  findPublisher(infoHash: InfoHash): Promise<string | null>
  /** All shares of one publisher. */
  listOf(publisher: string): Promise<readonly Pick<ShareSummary, 'infoHash' | 'length'>[]>
  /** Returns the share after the change, without its files; undefined if there is none. */
  update(
    infoHash: InfoHash,
    change: {
      readonly title?: string | undefined
      readonly description?: string | undefined
      readonly listed?: boolean | undefined
      readonly expiresAt?: Date | null | undefined
      readonly downloadsMax?: number | null | undefined
    },
    at: Date,
  ): Promise<ShareRecord | undefined>
  /** True if there was such a share. */
  remove(infoHash: InfoHash): Promise<boolean>
  /** Bytes that the whole database takes, without those that are free for reuse. */
  size(): Promise<number>
  /** Those of `infoHashes` that exist, and whether each is listed. */
  standing(infoHashes: readonly InfoHash[]): Promise<ReadonlyMap<InfoHash, boolean>>
  listInfoHashes(): Promise<readonly InfoHash[]>
  /** Shares that must not be shown to people who do not have their link. */
  listUnlisted(): Promise<readonly InfoHash[]>
  /** Those of `infoHashes` that exist, in any order. */
  summaries(infoHashes: readonly InfoHash[]): Promise<readonly ShareSummary[]>
  /** At most `limit` listed shares, newest first. */
  newestListed(limit: number): Promise<readonly ShareSummary[]>
}
