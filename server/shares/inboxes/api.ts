import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../lib/base/errors.ts'
import {
  ASK_MAX_BYTES,
  createDeliverySchema,
  createInboxSchema,
  DELIVERY_MAX_BYTES,
  type Deliveries,
  type Inbox,
} from '../../../lib/protocol/inbox.ts'
import { readJson } from '../../http/body.ts'
import type { RoutedRequest } from '../../http/http.ts'
import { json, type Reply } from '../../http/reply.ts'
import { ownerKey } from '../../http/share-request.ts'
import type { PublishPolicy } from '../../publishers/publish-policy.ts'
import type { InboxRecord } from './inbox-store.ts'
import type { Inboxes } from './inboxes.ts'

/** Base64 takes 4 bytes for 3; the rest is keys and punctuation. */
const bodyMax = (bytes: number) => Math.ceil((bytes * 4) / 3) + 512

/** `POST /api/inboxes`, by who may publish here. Errors: those of `PublishPolicy.admit`, `readJson` and `Inboxes.create`. */
export async function createInbox(
  inboxes: Inboxes,
  policy: PublishPolicy,
  call: RoutedRequest,
  network: string,
): Promise<Reply> {
  await policy.admit(call)
  const { ownerKey: key, sealed } = await readJson(call.request, createInboxSchema, bodyMax(ASK_MAX_BYTES))
  const inbox = await inboxes.create({ ownerKey: key, sealed: bytesOf(sealed) }, network)
  return json(201, answerOf(inbox), { location: `/api/inboxes/${inbox.id}` })
}

/** `GET /api/inboxes/<id>`, by whoever has the link. Errors: `inbox_not_found`, `inbox_ended`. */
export async function getInbox(inboxes: Inboxes, id: string): Promise<Reply> {
  return json(200, answerOf(await inboxes.find(id)))
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
  const { sealed } = await readJson(request, createDeliverySchema, bodyMax(DELIVERY_MAX_BYTES))
  await inboxes.deliver(id, bytesOf(sealed), network)
  return json(201, { delivered: true })
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

const answerOf = ({ createdAt, expiresAt, id, sealed }: InboxRecord): Inbox => ({
  id,
  sealed: textOf(sealed),
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
})

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
