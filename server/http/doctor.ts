import type { IncomingMessage } from 'node:http'
import type { ServerView } from '../../lib/protocol/share.ts'
import type { RequestOrigin } from './origin.ts'

/** What a request looks like to the server, for a browser to compare with what it knows. Contains no addresses. */
export function serverView(
  origin: RequestOrigin,
  request: IncomingMessage,
  seederPort: number | null,
): ServerView {
  const { forwarded, 'x-forwarded-for': forwardedFor } = request.headers
  const named = forwarded !== undefined || forwardedFor !== undefined
  const trusted = origin.ownAddress(request) === undefined
  return {
    publicUrl: origin.publicUrl(request),
    proxy: trusted ? 'trusted' : named ? 'unknown' : 'none',
    seederPort,
  }
}
