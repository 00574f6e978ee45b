import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type ErrorCode } from '../../../lib/base/errors.ts'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import type { Route } from '../../http/router.ts'
import type { EndedShares } from '../../shares/expiry/ended-shares.ts'
import type { Inboxes } from '../../shares/inboxes/inboxes.ts'
import type { Blocks } from '../../shares/takedown/blocks.ts'

type Methods = Route['methods']

/** Why a share may be refused or gone. */
interface Reasons {
  readonly blocks: Blocks
  readonly ended: EndedShares
}

/** `route`, whose name is that of a share, refuses those that are blocked, before and after it has its answer, and says of what it does not find whether it ended. */
export function unlessBlocked({ blocks, ended }: Reasons, route: Route): Route {
  const guarded = Object.entries(route.methods).map(([method, handle]) => [
    method,
    async (call: Parameters<typeof handle>[0]) => {
      const infoHash = parseInfoHash(call.name)
      if (infoHash === null) return handle(call)
      blocks.refuse(infoHash)
      try {
        return await handle(call)
      } catch (reason) {
        // It was blocked meanwhile: that is why it was not found.
        blocks.refuse(infoHash)
        const isMissing = reason instanceof AppError && reason.status === 404
        throw isMissing && ended.of(infoHash) ? ended.missing(infoHash) : reason
      }
    },
  ])
  return { ...route, methods: Object.fromEntries(guarded) as Methods }
}

const SHARE_PAGE = /^\/(?:d|status)\/([0-9a-f]{40})(\/.+)?$/i
const INBOX_PAGE = /^\/r\/([^/]+)$/

/**
 * Call before a page is rendered. The page of a share that is blocked or has ended says so, and that of an inbox that has ended,
 * with its status, which Next cannot set; below a share's page there is nothing. Errors: `share_blocked`, `share_expired`; those of the
 * database.
 */
export async function refuseBlockedPage(
  { blocks, ended, inboxes }: Reasons & { readonly inboxes: Inboxes | null },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? ''
  const inbox = INBOX_PAGE.exec(path)?.[1]
  if (inbox !== undefined) {
    if ((await inboxes?.state(inbox)) === 'ended') setStatus(response, 'inbox_ended')
    return
  }
  const [, hash = '', below] = SHARE_PAGE.exec(path) ?? []
  const infoHash = parseInfoHash(hash)
  if (infoHash === null) return
  const isBlocked = blocks.of(infoHash) !== undefined
  if (!isBlocked && ended.of(infoHash) === undefined) return
  if (below !== undefined) {
    blocks.refuse(infoHash)
    throw ended.missing(infoHash)
  }
  setStatus(response, isBlocked ? 'share_blocked' : 'share_expired')
}

function setStatus(response: ServerResponse, code: ErrorCode): void {
  const { status } = new AppError(code)
  Object.defineProperty(response, 'statusCode', { get: () => status, set: () => {} })
}
