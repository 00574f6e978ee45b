import type {
  CreateDelivery,
  CreateInbox,
  Delivered,
  Deliveries,
  DeliveryState,
  Inbox,
} from '../protocol/inbox.ts'
import { bearer, request, requestJson } from './client.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

const schemas = () => import('../protocol/inbox.ts')
const inbox = async () => (await schemas()).inboxSchema
const pathOf = (id: string) => `/api/inboxes/${encodeURIComponent(id)}`

/** `POST /api/inboxes`, as the holder of `token` if there is one. Errors: those of the API. */
export const createInbox = (body: CreateInbox, token: string | undefined): Promise<Inbox> =>
  requestJson(inbox, '/api/inboxes', {
    method: 'POST',
    headers: { ...JSON_TYPE, ...(token !== undefined && bearer(token)) },
    body: JSON.stringify(body),
  })

/** `GET /api/inboxes/<id>`. Errors: `inbox_not_found`, `inbox_ended`, `inbox_refused`, `server_unreachable`. */
export const fetchInbox = (id: string): Promise<Inbox> => requestJson(inbox, pathOf(id))

/** `DELETE /api/inboxes/<id>`: it takes nothing more. Errors: those of the API. */
export async function endInbox(id: string, ownerKey: string): Promise<void> {
  await request(pathOf(id), { method: 'DELETE', headers: bearer(ownerKey) })
}

/** `POST /api/inboxes/<id>/deliveries`. Errors: those of the API. */
export const deliver = (id: string, delivery: CreateDelivery): Promise<Delivered> =>
  requestJson(async () => (await schemas()).deliveredSchema, `${pathOf(id)}/deliveries`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(delivery),
  })

/** `GET /api/inboxes/<id>/deliveries/<receipt>`. Errors: those of the API. */
export const fetchDeliveryState = (id: string, receipt: string): Promise<DeliveryState> =>
  requestJson(
    async () => (await schemas()).deliveryStateSchema,
    `${pathOf(id)}/deliveries/${encodeURIComponent(receipt)}`,
  )

/** `GET /api/inboxes/<id>/deliveries`: those above `after`, some at a time. Errors: those of the API. */
export const fetchDeliveries = (id: string, ownerKey: string, after: number): Promise<Deliveries> =>
  requestJson(async () => (await schemas()).deliveriesSchema, `${pathOf(id)}/deliveries?after=${after}`, {
    headers: bearer(ownerKey),
  })
