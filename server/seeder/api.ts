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

/** Where copies are besides the seeders; null: nowhere. */
type CopiesBesides = {
  remove(infoHash: InfoHash): Promise<void>
  /** Of a share of which all is there, and can be fetched now; null: it is not. */
  bytesOf(infoHash: InfoHash): number | null
} | null

/** `GET /api/shares/<infohash>/kept` */
export const getCachedShare = (shareCache: ShareCache | null, bucket: CopiesBesides, name: string): Reply =>
  json(200, cachedShare(shareCache, bucket, requireInfoHash(name)))

/** How much of a share this server has: the copy of a seeder, here or at another server, or that in the bucket, every piece of which was hashed on its way there. */
export function cachedShare(
  shareCache: ShareCache | null,
  bucket: CopiesBesides,
  infoHash: InfoHash,
): CachedShareStatus {
  const status = shareCache?.state(infoHash) ?? NOT_OFFERED
  const have = status.kept === 'yes' ? null : (bucket?.bytesOf(infoHash) ?? null)
  return have === null
    ? status
    : { ...status, asked: true, kept: 'yes', have, checkedAt: null, problem: null }
}

/** Counts a request for a share, of whoever asks. Errors: `seeder_full`. */
type TakeQuota = (shareCache: ShareCache, infoHash: InfoHash) => Promise<void>

/** `PUT /api/shares/<infohash>/kept` with the owner key: cache the share; with the operator's key, pin it. */
export async function putCachedShare(
  shares: Shares,
  shareCache: ShareCache | null,
  bucket: CopiesBesides,
  name: string,
  request: IncomingMessage,
  takeQuota: TakeQuota,
): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  const key = ownerKey(request)
  await shares.requireOwner(infoHash, key)
  if (!shareCache?.isUsed) throw new AppError('keep_alive_off')
  if (shares.isOperator(key)) await shareCache.pin(infoHash)
  else {
    if (shareCache.state(infoHash).offered) await takeQuota(shareCache, infoHash)
    await shareCache.request(infoHash)
  }
  return json(202, cachedShare(shareCache, bucket, infoHash))
}

/** `DELETE /api/shares/<infohash>/kept` with the owner key: drop the cached copy, and that in the bucket. */
export async function deleteCachedShare(
  shares: Shares,
  shareCache: ShareCache | null,
  bucket: CopiesBesides,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  await shares.requireOwner(infoHash, ownerKey(request))
  if (shareCache?.isUsed) shareCache.release(infoHash)
  await bucket?.remove(infoHash)
  return { status: 204 }
}
