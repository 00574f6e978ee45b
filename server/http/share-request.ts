import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'

/** The info hash in a path. Errors: `share_not_found` for other text. */
export function requireInfoHash(text: string): InfoHash {
  const infoHash = parseInfoHash(text)
  if (infoHash === null) throw new AppError('share_not_found', 'an info hash has 40 hex digits')
  return infoHash
}

/** The key that a request presents (RFC 6750 section 2.1); accepted in the header only, because URLs end up in logs. */
export function ownerKey(request: IncomingMessage): string | undefined {
  return /^Bearer +([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
}
