import type { InfoHash } from '../../../lib/torrent/ids.ts'

/** A share that may not be published here. */
export interface Block {
  readonly infoHash: InfoHash
  /** See `contentDigest`; null where it is not known: the same files under another info hash are not recognized. */
  readonly content: string | null
  /** For everybody who asks for the share. */
  readonly reason: string
  /** Of the share when it was blocked, for the operator only; empty and 0 if it was not here. Bytes. */
  readonly name: string
  readonly length: number
  /** The operator who blocked it; empty for blocks of earlier versions. */
  readonly by: string
  readonly at: Date
}

/** What an operator did. */
export interface Act {
  readonly by: string
  readonly act: AuditAct
  /** The share it was about, or null. */
  readonly infoHash: InfoHash | null
  /** Why, or what else there is to say. */
  readonly why: string
}

export type AuditAct = 'block' | 'unblock' | 'import' | 'close-report' | 'create-token' | 'revoke-token'

interface AuditEntry extends Act {
  /** Grows with each entry. */
  readonly id: number
  readonly at: Date
}

/** What was known of a share when it was blocked. */
export type Blockable = Pick<Block, 'infoHash' | 'content' | 'name' | 'length'>

/** Blocked shares, and the audit log. A change is on disk when its promise resolves. */
export interface TakedownStore {
  /** All of them, in any order. */
  listBlocks(): Promise<readonly Block[]>
  /** Those of `infoHashes`, and those with the content `content`, in any order. */
  findBlocks(infoHashes: readonly InfoHash[], content?: string | null): Promise<readonly Block[]>
  /** Adds them, or replaces those that are there, all or none. */
  putBlocks(blocks: readonly Block[]): Promise<void>
  removeBlocks(infoHashes: readonly InfoHash[]): Promise<void>
  /** Those of `infoHashes` that are published. */
  blockable(infoHashes: readonly InfoHash[]): Promise<readonly Blockable[]>
  /** Published shares with one of these contents. */
  sameContent(contents: readonly string[]): Promise<readonly Blockable[]>
  /** Adds an entry to the audit log; it is never changed. */
  note(act: Act, at: Date): Promise<void>
  /** At most `limit` entries, newest first: those below `before`. */
  audit(page: { readonly before: number | null; readonly limit: number }): Promise<readonly AuditEntry[]>
}
