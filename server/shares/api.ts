import type { IncomingMessage } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../lib/base/errors.ts'
import { INBOX_DAYS } from '../../lib/protocol/inbox.ts'
import { updateShareSchema } from '../../lib/protocol/share.ts'
import { DESCRIPTION_MAX, TITLE_MAX } from '../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../../lib/torrent/layout.ts'
import { mediaType, readBody, readJson, requireJson } from '../http/body.ts'
import { isKnown, validatorHeaders } from '../http/conditions.ts'
import { etagOf } from '../http/etag.ts'
import type { RoutedRequest } from '../http/http.ts'
import { attachment, type Reply, writtenJson } from '../http/reply.ts'
import { ownerKey, requireInfoHash } from '../http/share-request.ts'
import { joinInTurns } from '../http/turns.ts'
import type { PublishPolicy } from '../publishers/publish-policy.ts'
import type { Sending } from './inboxes/sending.ts'
import type { PublishLimit } from './publishing/publish-limit.ts'
import type { Shares } from './shares.ts'

/** JSON writes a UTF-16 unit in at most 6 bytes (`\u0000`); the rest is keys and punctuation. */
const WORDS_MAX_BYTES = (TITLE_MAX + DESCRIPTION_MAX) * 6 + 1024
/** Base64 takes 4 bytes for 3. */
const CREATE_MAX_BYTES = Math.ceil(METAINFO_MAX_BYTES / 3) * 4 + WORDS_MAX_BYTES

const DAY_MS = 86_400_000

interface Publishing {
  readonly limit: PublishLimit
  readonly policy: PublishPolicy
  readonly sending: Sending
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
  { limit, onPublished, policy, sending }: Publishing,
  call: RoutedRequest,
  origin: string,
): Promise<Reply> {
  const { request } = call
  // Before the body is read.
  const sender = await sending.senderOf(call)
  const publisher = sender?.publisher ?? (await policy.admit(call))
  const kind = mediaType(request) === 'application/x-bittorrent' ? 'torrent' : 'json'
  if (kind === 'json') requireJson(request)
  const bytes = await readBody(request, kind === 'json' ? CREATE_MAX_BYTES : METAINFO_MAX_BYTES)
  limit.take(request, kind === 'json' ? (bytes.length / 4) * 3 : bytes.length)
  const { share, words } = await shares.read({ kind, bytes, isGiven: true })
  // Each step takes its time with a large one; the tracker has its turn in between.
  await nextTurn()
  if (sender && !share.encrypted) {
    throw new AppError('encrypted_names', 'what is sent to who asked for files is encrypted')
  }
  const ends = shares.endsOf(words)
  const terms = { publisher: publisher.id, ...(sender?.within(ends) ?? ends) }
  const isKnown = () => shares.isLive(share.infoHash)
  const publish = () => shares.publish(share, words, origin, terms)
  const { infoHash, ownerKey } = await (sender
    ? sender.publish(share.infoHash, isKnown, publish)
    : policy.withinQuota(publisher, isKnown, publish))
  await nextTurn()
  // The list of files is JSON already, and may be long.
  const json = await shares.json(infoHash, origin, share.content)
  const key = ownerKey === undefined ? '' : `,"ownerKey":${JSON.stringify(ownerKey)}`
  const body = await joinInTurns([Buffer.from('{"share":'), ...json, Buffer.from(`${key}}`)])
  if (ownerKey === undefined) return writtenJson(200, body)
  await onPublished(infoHash, publisher.id, request)
  return writtenJson(201, body, { location: `/api/shares/${infoHash}` })
}

/** `GET /api/shares/<infohash>` */
export async function getShare(shares: Shares, infoHash: string, origin: string): Promise<Reply> {
  return shareReply(shares, requireInfoHash(infoHash), origin)
}

/** When a share was published by the right of somebody who asked for files; undefined: it was not. */
type SentAt = (infoHash: InfoHash) => Promise<Date | undefined>

/** `PATCH /api/shares/<infohash>` with the owner key. */
export async function updateShare(
  shares: Shares,
  sentAt: SentAt,
  infoHash: string,
  request: IncomingMessage,
  origin: string,
): Promise<Reply> {
  const words = await readJson(request, updateShareSchema, WORDS_MAX_BYTES)
  const hash = requireInfoHash(infoHash)
  if (words.expiresIn !== undefined) requireWithin(await sentAt(hash), words.expiresIn)
  await shares.update(hash, words, ownerKey(request))
  return shareReply(shares, hash, origin)
}

/** A sender prolongs nothing that counts to who asked. Errors: `expiry_too_long`. */
function requireWithin(sentAt: Date | undefined, expiresIn: number | null): void {
  if (sentAt === undefined) return
  const most = Math.floor((sentAt.getTime() + INBOX_DAYS * DAY_MS - Date.now()) / 1000)
  if (expiresIn === null || expiresIn > most) {
    throw new AppError('expiry_too_long', `at most ${most} seconds: it was sent to who asked for files`)
  }
}

async function shareReply(shares: Shares, infoHash: InfoHash, origin: string): Promise<Reply> {
  return writtenJson(200, await joinInTurns(await shares.json(infoHash, origin)))
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
  const file = await shares.torrent(requireInfoHash(infoHash), origin)
  const { after, before, createdAt, infoBytes, name } = file
  // The info hash, which is in the URL, stands for the rest.
  const validators = { etag: etagOf(Buffer.concat([before, after])), modified: createdAt }
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
    // At once: of many requests at a time each would hold its parts beside what is joined.
    ...(!known && { body: Buffer.concat([before, infoBytes, after]) }),
  }
}
