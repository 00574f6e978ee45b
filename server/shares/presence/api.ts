import { AppError } from '../../../lib/base/errors.ts'
import { json, type Reply } from '../../http/reply.ts'
import { requireInfoHash } from '../../http/share-request.ts'
import type { Shares } from '../shares.ts'
import type { Presences } from './presence.ts'

/** `GET /api/shares/<infohash>/presence`. Errors: `share_not_found`. */
export async function getPresence(shares: Shares, presences: Presences, name: string): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  if (!(await shares.isLive(infoHash))) throw new AppError('share_not_found')
  return json(200, await presences.of(infoHash))
}
