import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Route } from '../http/router.ts'
import type { EndedShares } from '../shares/expiry/ended-shares.ts'
import type { Blocks } from '../shares/takedown/blocks.ts'

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

/**
 * Call before a page is rendered. The page of a share that is blocked or has ended says so, with its status, which Next
 * cannot set; below it there is nothing. Errors: `share_blocked`, `share_expired`.
 */
export function refuseBlockedPage(
  { blocks, ended }: Reasons,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [, hash = '', below] = SHARE_PAGE.exec(request.url?.split('?', 1)[0] ?? '') ?? []
  const infoHash = parseInfoHash(hash)
  if (infoHash === null) return
  const isBlocked = blocks.of(infoHash) !== undefined
  if (!isBlocked && ended.of(infoHash) === undefined) return
  if (below !== undefined) {
    blocks.refuse(infoHash)
    throw ended.missing(infoHash)
  }
  const { status } = new AppError(isBlocked ? 'share_blocked' : 'share_expired')
  Object.defineProperty(response, 'statusCode', { get: () => status, set: () => {} })
}
