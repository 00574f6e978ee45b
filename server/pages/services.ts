import type { Presence } from '../../lib/protocol/presence.ts'
import type { Terms } from '../../lib/protocol/publishing.ts'
import type { CachedShareStatus, PageShare } from '../../lib/protocol/share.ts'
import type { ShareHistory, Status } from '../../lib/protocol/status.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

/**
 * What pages may use of the running server. Links are absolute, under the origin of the current request.
 * Only types are imported here: Next bundles this file, and the services themselves must exist once.
 */
export interface Services {
  /** Long lists of files are left out, see `PageShare`. */
  readonly shares: {
    find(infoHash: InfoHash): Promise<PageShare | undefined>
    /** Who has it right now; of a share that is there. */
    presence(infoHash: InfoHash): Promise<Presence>
    /** How much of it this server has. */
    cached(infoHash: InfoHash): CachedShareStatus
    /** When it ended by itself, if it did. */
    endedAt(infoHash: InfoHash): Date | undefined
    /** Why it is blocked, and since when; undefined when it is not. */
    block(infoHash: InfoHash): { readonly reason: string; readonly at: Date } | undefined
  }
  /** Whether a link to send files with works; `unknown`: there is none. */
  inboxState(id: string): Promise<'open' | 'ended' | 'unknown'>
  /** Who runs this server. */
  readonly operator: OperatorTexts & {
    /** A mail address or a URL. */
    readonly contact: string | undefined
    /** Days for which addresses of publishers are kept; undefined: they are not. */
    readonly keepAddresses: number | undefined
    /** Whether anybody has an operator's key. */
    readonly hasKeys: boolean
  }
  /** See `server/monitor/monitor.ts`; errors as there. */
  readonly monitor: {
    /** What `/status` shows to everybody. */
    readonly shows: 'off' | 'totals' | 'public'
    status(): Promise<Status>
    history(infoHash: InfoHash): Promise<ShareHistory>
  }
  /** On which terms one publishes here. */
  readonly terms: Terms
  /**
   * Origin (`https://host`) of the current request. It differs by request: the headers, which are not read, ensure that
   * the page is rendered for one.
   */
  publicUrl(headers: Pick<Headers, 'get'>): string
}

/** A text of the operator: where it is, or what it says; null: there is none. */
export type OperatorText = { readonly url: string } | { readonly text: string } | null

export interface OperatorTexts {
  readonly terms: OperatorText
  readonly privacy: OperatorText
}

/** Node and Next's bundle load their own copies of modules; the global symbol registry is what they share. */
const SLOT = Symbol.for('tabseed.services')
const global = globalThis as typeof globalThis & { [SLOT]?: () => Services | undefined }

/** `ofRequest` finds the services of the request that is being handled. Called before the first page is rendered. */
export function provideServices(ofRequest: () => Services | undefined): void {
  global[SLOT] = ofRequest
}

/** The services of the current request. Throws when there is no server around, as in `next build`. */
export function services(): Services {
  const provided = global[SLOT]?.()
  if (provided === undefined) throw new Error('pages are rendered for a request to a running server only')
  return provided
}
