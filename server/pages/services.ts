import type { Share } from '../../lib/protocol/share.ts'
import type { ShareHistory, Status } from '../../lib/protocol/status.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

/**
 * What pages may ask of the running server. Links are absolute, under the origin the current request came to.
 * Only types are imported here: Next bundles this file, and the services themselves must exist once.
 */
export interface Services {
  readonly shares: { find(infoHash: InfoHash): Promise<Share | undefined> }
  /** See `server/monitor/monitor.ts`; errors as there. */
  readonly monitor: {
    /** What `/status` shows to everybody. */
    readonly shows: 'off' | 'totals' | 'public'
    status(): Promise<Status>
    history(infoHash: InfoHash): Promise<ShareHistory>
  }
  /**
   * Origin (`https://host`) under which the current request reached us. It differs by request, so the headers are
   * asked for as a sign that the page is rendered for one.
   */
  publicUrl(headers: Pick<Headers, 'get'>): string
}

/** Node and Next's bundle load their own copies of modules; the global symbol registry is what they share. */
const SLOT = Symbol.for('tabseed.services')
const global = globalThis as typeof globalThis & { [SLOT]?: Services }

/** Called once by `server/main.ts`, before the first page is rendered. */
export function provideServices(services: Services): void {
  global[SLOT] = services
}

/** The services of this process. Throws when there is no server around, as in `next build`. */
export function services(): Services {
  const provided = global[SLOT]
  if (provided === undefined) throw new Error('pages need server/main.ts around them')
  return provided
}
