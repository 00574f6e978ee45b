import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../lib/base/errors.ts'
import {
  ASK_MAX_BYTES,
  createDeliverySchema,
  createInboxSchema,
  DELIVERY_MAX_BYTES,
  type Delivered,
  type Deliveries,
  type DeliveryState,
  type Inbox,
} from '../../../lib/protocol/inbox.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { readJson } from '../../http/body.ts'
import type { RoutedRequest } from '../../http/http.ts'
import { json, type Reply } from '../../http/reply.ts'
import { ownerKey } from '../../http/share-request.ts'
import type { PublishPolicy } from '../../publishers/publish-policy.ts'
import type { InboxRecord } from './inbox-store.ts'
import type { Inboxes } from './inboxes.ts'
import type { Sending } from './sending.ts'

/** Base64 takes 4 bytes for 3; the rest is keys and punctuation. */
const bodyMax = (bytes: number) => Math.ceil((bytes * 4) / 3) + 512

/** `POST /api/inboxes`, by who may publish here. Errors: those of `PublishPolicy.admit`, `readJson` and `Inboxes.create`. */
export async function createInbox(
  inboxes: Inboxes,
  policy: PublishPolicy,
  call: RoutedRequest,
  network: string,
): Promise<Reply> {
  const { id: publisher } = await policy.admit(call)
  const {
    ownerKey: key,
    sealed,
    sendKey,
  } = await readJson(call.request, createInboxSchema, bodyMax(ASK_MAX_BYTES))
  const asked = { ownerKey: key, publisher, sealed: bytesOf(sealed), sendKey }
  const inbox = await inboxes.create(asked, network)
  const isLent = sendKey !== undefined && publisher !== null
  return json(201, answerOf(inbox, isLent), { location: `/api/inboxes/${inbox.id}` })
}

/** `GET /api/inboxes/<id>`, by whoever has the link. Errors: `inbox_not_found`, `inbox_ended`, `inbox_refused`. */
export async function getInbox(inboxes: Inboxes, sending: Sending, id: string): Promise<Reply> {
  const inbox = await inboxes.find(id)
  return json(200, answerOf(inbox, await sending.lends(inbox)))
}

/** `DELETE /api/inboxes/<id>` with the owner key. Errors: as of `Inboxes.end`. */
export async function deleteInbox(inboxes: Inboxes, id: string, request: IncomingMessage): Promise<Reply> {
  await inboxes.end(id, ownerKey(request))
  return { status: 204 }
}

/** `POST /api/inboxes/<id>/deliveries`, by whoever has the link. Errors: those of `readJson` and `Inboxes.deliver`. */
export async function createDelivery(
  inboxes: Inboxes,
  id: string,
  request: IncomingMessage,
  network: string,
): Promise<Reply> {
  const { infoHash, sealed } = await readJson(request, createDeliverySchema, bodyMax(DELIVERY_MAX_BYTES))
  const delivery = { sealed: bytesOf(sealed), infoHash: infoHash as InfoHash | undefined }
  const answer: Delivered = { delivered: true, receipt: await inboxes.deliver(id, delivery, network) }
  return json(201, answer)
}

/** `GET /api/inboxes/<id>/deliveries/<receipt>`, by who sent it. Errors: as of `Inboxes.isFetched`. */
export async function getDelivery(inboxes: Inboxes, id: string, receipt: string): Promise<Reply> {
  const answer: DeliveryState = { fetched: await inboxes.isFetched(id, receipt) }
  return json(200, answer)
}

/** `GET /api/inboxes/<id>/deliveries?after=<number>` with the owner key. Errors: as of `Inboxes.deliveries`, `bad_request`. */
export async function getDeliveries(
  inboxes: Inboxes,
  id: string,
  request: IncomingMessage,
  query: string,
): Promise<Reply> {
  const after = new URLSearchParams(query).get('after') ?? '0'
  if (!/^\d{1,15}$/.test(after)) throw new AppError('bad_request', 'after: a number of a delivery')
  const { deliveries, more } = await inboxes.deliveries(id, ownerKey(request), Number(after))
  const answer: Deliveries = {
    deliveries: deliveries.map(({ at, number, sealed }) => ({
      number,
      at: at.toISOString(),
      sealed: textOf(sealed),
    })),
    more,
  }
  return json(200, answer)
}

const answerOf = ({ createdAt, expiresAt, id, sealed }: InboxRecord, lends: boolean): Inbox => ({
  id,
  lends,
  sealed: textOf(sealed),
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
})

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
