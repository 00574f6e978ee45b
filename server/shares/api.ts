import type { IncomingMessage } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { updateShareSchema } from '../../lib/protocol/share.ts'
import { DESCRIPTION_MAX, TITLE_MAX } from '../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../../lib/torrent/layout.ts'
import { mediaType, readBody, readJson, requireJson } from '../http/body.ts'
import { isKnown, validatorHeaders } from '../http/conditions.ts'
import { etagOf } from '../http/etag.ts'
import type { RoutedRequest } from '../http/http.ts'
import { attachment, json, jsonText, type Reply } from '../http/reply.ts'
import { ownerKey, requireInfoHash } from '../http/share-request.ts'
import type { PublishPolicy } from '../publishers/publish-policy.ts'
import type { PublishLimit } from './publishing/publish-limit.ts'
import type { Shares } from './shares.ts'

/** JSON writes a UTF-16 unit in at most 6 bytes (`\u0000`); the rest is keys and punctuation. */
const WORDS_MAX_BYTES = (TITLE_MAX + DESCRIPTION_MAX) * 6 + 1024
/** Base64 takes 4 bytes for 3. */
const CREATE_MAX_BYTES = Math.ceil(METAINFO_MAX_BYTES / 3) * 4 + WORDS_MAX_BYTES

interface Publishing {
  readonly limit: PublishLimit
  readonly policy: PublishPolicy
  /** Called with a share that is new, and who published it. */
  readonly onPublished: (
    infoHash: InfoHash,
    publisher: string | null,
    request: IncomingMessage,
  ) => Promise<void>
}

/** `POST /api/shares`: a raw `.torrent`, or JSON with one in base64, title and description. */
export async function createShare(
  shares: Shares,
  { limit, onPublished, policy }: Publishing,
  call: RoutedRequest,
  origin: string,
): Promise<Reply> {
  const { request } = call
  // Before the body is read.
  const publisher = await policy.admit(call)
  const kind = mediaType(request) === 'application/x-bittorrent' ? 'torrent' : 'json'
  if (kind === 'json') requireJson(request)
  const bytes = await readBody(request, kind === 'json' ? CREATE_MAX_BYTES : METAINFO_MAX_BYTES)
  limit.take(request, kind === 'json' ? (bytes.length / 4) * 3 : bytes.length)
  const { share, words } = await shares.read({ kind, bytes, isGiven: true })
  // Each step takes its time with a large one; the tracker has its turn in between.
  await nextTurn()
  const { infoHash, ownerKey } = await policy.withinQuota(
    publisher,
    () => shares.isLive(share.infoHash),
    () => shares.publish(share, words, origin, { publisher: publisher.id, ...shares.endsOf(words) }),
  )
  await nextTurn()
  // The list of files is JSON already, and may be long.
  const json = `{"share":${await shares.json(infoHash, origin, share.content)}`
  await nextTurn()
  if (ownerKey === undefined) return jsonText(200, `${json}}`)
  await onPublished(infoHash, publisher.id, request)
  return jsonText(201, `${json},"ownerKey":${JSON.stringify(ownerKey)}}`, {
    location: `/api/shares/${infoHash}`,
  })
}

/** `GET /api/shares/<infohash>` */
export async function getShare(shares: Shares, infoHash: string, origin: string): Promise<Reply> {
  return jsonText(200, await shares.json(requireInfoHash(infoHash), origin))
}

/** `PATCH /api/shares/<infohash>` with the owner key. */
export async function updateShare(
  shares: Shares,
  infoHash: string,
  request: IncomingMessage,
  origin: string,
): Promise<Reply> {
  const words = await readJson(request, updateShareSchema, WORDS_MAX_BYTES)
  return json(200, await shares.update(requireInfoHash(infoHash), words, ownerKey(request), origin))
}

/** `DELETE /api/shares/<infohash>` with the owner key. */
export async function deleteShare(
  shares: Shares,
  infoHash: string,
  request: IncomingMessage,
): Promise<Reply> {
  await shares.remove(requireInfoHash(infoHash), ownerKey(request))
  return { status: 204 }
}

/** `GET /t/<infohash>.torrent`, readable by pages of any origin. */
export async function getTorrent(
  shares: Shares,
  infoHash: string,
  { headers: request }: Pick<IncomingMessage, 'headers'>,
  origin: string,
): Promise<Reply> {
  const { bytes, createdAt, name } = await shares.torrent(requireInfoHash(infoHash), origin)
  const validators = { etag: etagOf(bytes), modified: createdAt }
  const known = isKnown(request, validators)
  return {
    status: known ? 304 : 200,
    headers: {
      ...validatorHeaders(validators),
      'content-type': 'application/x-bittorrent',
      'content-disposition': attachment(name),
      // Its trackers depend on the host name of the request.
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
    },
    ...(!known && { body: bytes }),
  }
}
