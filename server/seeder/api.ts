import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { json, type Reply } from '../http/reply.ts'
import { ownerKey, requireInfoHash } from '../http/share-request.ts'
import type { Shares } from '../shares/shares.ts'
import type { ShareCache } from './share-cache.ts'

const NOT_OFFERED: CachedShareStatus = {
  offered: false,
  asked: false,
  kept: 'no',
  have: 0,
  checkedAt: null,
  problem: null,
}

/** How much of a share this server has. */
export const cachedShare = (shareCache: ShareCache | null, infoHash: InfoHash): CachedShareStatus =>
  shareCache?.state(infoHash) ?? NOT_OFFERED

/** `GET /api/shares/<infohash>/kept` */
export function getCachedShare(shareCache: ShareCache | null, name: string): Reply {
  return json(200, cachedShare(shareCache, requireInfoHash(name)))
}

/** Counts a request for a share, of whoever asks. Errors: `seeder_full`. */
type TakeQuota = (shareCache: ShareCache, infoHash: InfoHash) => Promise<void>

/** `PUT /api/shares/<infohash>/kept` with the owner key: cache the share; with the operator's key, pin it. */
export async function putCachedShare(
  shares: Shares,
  shareCache: ShareCache | null,
  name: string,
  request: IncomingMessage,
  takeQuota: TakeQuota,
): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  const key = ownerKey(request)
  await shares.requireOwner(infoHash, key)
  if (!shareCache) throw new AppError('keep_alive_off')
  if (shares.isOperator(key)) await shareCache.pin(infoHash)
  else {
    if (shareCache.state(infoHash).offered) await takeQuota(shareCache, infoHash)
    await shareCache.request(infoHash)
  }
  return json(202, shareCache.state(infoHash))
}

/** `DELETE /api/shares/<infohash>/kept` with the owner key: drop the cached copy, and that in the bucket. */
export async function deleteCachedShare(
  shares: Shares,
  shareCache: ShareCache | null,
  bucket: { remove(infoHash: InfoHash): Promise<void> } | null,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  await shares.requireOwner(infoHash, ownerKey(request))
  shareCache?.release(infoHash)
  await bucket?.remove(infoHash)
  return { status: 204 }
}
