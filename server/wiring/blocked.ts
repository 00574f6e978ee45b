import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Route } from '../http/router.ts'
import type { Blocks } from '../shares/takedown/blocks.ts'

type Methods = Route['methods']

/** `route`, whose name is that of a share, refuses those that are blocked, before and after it has its answer. */
export function unlessBlocked(blocks: Blocks, route: Route): Route {
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
        throw reason
      }
    },
  ])
  return { ...route, methods: Object.fromEntries(guarded) as Methods }
}

const SHARE_PAGE = /^\/(?:d|status)\/([0-9a-f]{40})(\/.+)?$/i

/**
 * Call before a page is rendered. The page of a blocked share says why it is refused, with its status, which Next cannot
 * set; below it there is nothing. Errors: `share_blocked`.
 */
export function refuseBlockedPage(blocks: Blocks, request: IncomingMessage, response: ServerResponse): void {
  const [, hash = '', below] = SHARE_PAGE.exec(request.url?.split('?', 1)[0] ?? '') ?? []
  const infoHash = parseInfoHash(hash)
  if (infoHash === null || blocks.of(infoHash) === undefined) return
  if (below !== undefined) blocks.refuse(infoHash)
  const { status } = new AppError('share_blocked')
  Object.defineProperty(response, 'statusCode', { get: () => status, set: () => {} })
}
