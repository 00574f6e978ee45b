import type { IncomingMessage } from 'node:http'
import { putWebSeedsSchema } from '../../lib/protocol/share.ts'
import { WEB_SEED_URL_MAX, WEB_SEEDS_MAX } from '../../lib/protocol/share-values.ts'
import { readJson } from '../http/body.ts'
import { json, type Reply } from '../http/reply.ts'
import { ownerKey, requireInfoHash } from '../http/share-request.ts'
import type { Shares } from '../shares/shares.ts'
import type { WebSeedList } from './web-seed-list.ts'

/** JSON writes a UTF-16 unit in at most 6 bytes (`\u0000`); the rest is keys and punctuation. */
const WEB_SEEDS_MAX_BYTES = WEB_SEEDS_MAX * WEB_SEED_URL_MAX * 6 + 1024

/** `GET /api/shares/<infohash>/web-seeds` with the owner key. */
export async function getWebSeeds(
  shares: Shares,
  webSeeds: WebSeedList,
  infoHash: string,
  request: IncomingMessage,
): Promise<Reply> {
  await shares.requireOwner(requireInfoHash(infoHash), ownerKey(request))
  return json(200, { webSeeds: await webSeeds.list(requireInfoHash(infoHash)) })
}

/** `PUT /api/shares/<infohash>/web-seeds` with the owner key. */
export async function putWebSeeds(
  shares: Shares,
  webSeeds: WebSeedList,
  infoHash: string,
  request: IncomingMessage,
  network: string,
): Promise<Reply> {
  const { urls } = await readJson(request, putWebSeedsSchema, WEB_SEEDS_MAX_BYTES)
  await shares.requireOwner(requireInfoHash(infoHash), ownerKey(request))
  return json(200, { webSeeds: await webSeeds.replace(requireInfoHash(infoHash), urls, network) })
}
