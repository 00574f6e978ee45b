import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { AppError } from '../../lib/base/errors.ts'
import {
  createShareSchema,
  DESCRIPTION_MAX,
  putWebSeedsSchema,
  TITLE_MAX,
  updateShareSchema,
  WEB_SEED_URL_MAX,
  WEB_SEEDS_MAX,
} from '../../lib/protocol/share.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../../lib/torrent/layout.ts'
import { mediaType, readBody } from '../http/body.ts'
import { attachment, json, type Reply } from '../http/reply.ts'
import type { WebSeedList } from '../web-seeds/web-seed-list.ts'
import type { PublishLimit } from './publish-limit.ts'
import type { Shares } from './shares.ts'

/** JSON writes a UTF-16 unit in at most 6 bytes (`\u0000`); the rest is keys and punctuation. */
const WORDS_MAX_BYTES = (TITLE_MAX + DESCRIPTION_MAX) * 6 + 1024
const WEB_SEEDS_MAX_BYTES = WEB_SEEDS_MAX * WEB_SEED_URL_MAX * 6 + 1024
/** Base64 takes 4 bytes for 3. */
const CREATE_MAX_BYTES = Math.ceil(METAINFO_MAX_BYTES / 3) * 4 + WORDS_MAX_BYTES

/** `POST /api/shares`: a raw `.torrent`, or JSON with one in base64 and words for people. */
export async function createShare(
  shares: Shares,
  limit: PublishLimit,
  request: IncomingMessage,
  origin: string,
): Promise<Reply> {
  const type = mediaType(request)
  if (type === 'application/x-bittorrent') {
    const torrent = await readBody(request, METAINFO_MAX_BYTES)
    limit.take(request, torrent.length)
    return created(await shares.publish(torrent, {}, origin))
  }
  const { metainfo, ...words } = await readJson(request, createShareSchema, CREATE_MAX_BYTES)
  const torrent = Buffer.from(metainfo, 'base64')
  limit.take(request, torrent.length)
  return created(await shares.publish(torrent, words, origin))
}

/** `GET /api/shares/<infohash>` */
export async function getShare(shares: Shares, infoHash: string, origin: string): Promise<Reply> {
  return json(200, await shares.get(known(infoHash), origin))
}

/** `PATCH /api/shares/<infohash>` with the owner key. */
export async function updateShare(
  shares: Shares,
  infoHash: string,
  request: IncomingMessage,
  origin: string,
): Promise<Reply> {
  const words = await readJson(request, updateShareSchema, WORDS_MAX_BYTES)
  return json(200, await shares.update(known(infoHash), words, ownerKey(request), origin))
}

/** `DELETE /api/shares/<infohash>` with the owner key. */
export async function deleteShare(
  shares: Shares,
  infoHash: string,
  request: IncomingMessage,
): Promise<Reply> {
  await shares.remove(known(infoHash), ownerKey(request))
  return { status: 204 }
}

/** `PUT /api/shares/<infohash>/blocked` with the operator's key. */
export async function blockShare(shares: Shares, infoHash: string, request: IncomingMessage): Promise<Reply> {
  await shares.block(known(infoHash), ownerKey(request))
  return { status: 204 }
}

/** `DELETE /api/shares/<infohash>/blocked` with the operator's key. */
export async function unblockShare(
  shares: Shares,
  infoHash: string,
  request: IncomingMessage,
): Promise<Reply> {
  await shares.unblock(known(infoHash), ownerKey(request))
  return { status: 204 }
}

/** `GET /api/shares/<infohash>/web-seeds` with the owner key. */
export async function getWebSeeds(
  shares: Shares,
  webSeeds: WebSeedList,
  infoHash: string,
  request: IncomingMessage,
): Promise<Reply> {
  await shares.requireOwner(known(infoHash), ownerKey(request))
  return json(200, { webSeeds: await webSeeds.list(known(infoHash)) })
}

/** `PUT /api/shares/<infohash>/web-seeds` with the owner key. */
export async function putWebSeeds(
  shares: Shares,
  webSeeds: WebSeedList,
  infoHash: string,
  request: IncomingMessage,
): Promise<Reply> {
  const { urls } = await readJson(request, putWebSeedsSchema, WEB_SEEDS_MAX_BYTES)
  await shares.requireOwner(known(infoHash), ownerKey(request))
  return json(200, { webSeeds: await webSeeds.replace(known(infoHash), urls) })
}

/** `GET /t/<infohash>.torrent`, readable by pages of any origin. */
export async function getTorrent(shares: Shares, infoHash: string, origin: string): Promise<Reply> {
  const { name, bytes } = await shares.torrent(known(infoHash), origin)
  return {
    status: 200,
    headers: {
      'content-type': 'application/x-bittorrent',
      'content-disposition': attachment(name),
      // Its trackers follow the name under which it was asked for.
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
    },
    body: bytes,
  }
}

function created(result: Awaited<ReturnType<Shares['publish']>>): Reply {
  const { share, ownerKey } = result
  const location = `/api/shares/${share.infoHash}`
  return ownerKey === undefined ? json(200, result) : json(201, result, { location })
}

/** Errors: `content_type`, `body_too_large`, `not_json`, `bad_request` when it does not fit `schema`. */
async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>, limit: number): Promise<T> {
  const type = mediaType(request)
  if (type !== 'application/json') throw new AppError('content_type', type || 'none')
  const text = (await readBody(request, limit)).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AppError('not_json')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new AppError('bad_request', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
}

export function known(text: string): InfoHash {
  const infoHash = parseInfoHash(text)
  if (infoHash === null) throw new AppError('share_not_found', 'an info hash has 40 hex digits')
  return infoHash
}

/** RFC 6750 section 2.1; in the header only, because URLs end up in logs. */
export function ownerKey(request: IncomingMessage): string | undefined {
  return /^Bearer +([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
}
