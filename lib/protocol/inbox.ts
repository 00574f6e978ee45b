import { z } from 'zod'
import { SEND_TOKEN_PREFIX } from './invitation-text.ts'

/** Most bytes of what is sealed: a message of a sender, and the asker's title. */
export const DELIVERY_MAX_BYTES = 4096
export const ASK_MAX_BYTES = 1024

/** Deliveries of one inbox. */
export const DELIVERIES_MAX = 200

/** Days for which an inbox takes deliveries. */
export const INBOX_DAYS = 30

/** Deliveries of one answer. */
export const DELIVERIES_PAGE = 50

/** 128 random bits, as base64url. */
export const INBOX_ID_PATTERN = /^[\w-]{22}$/

/** Id and send key of an inbox: with it, who has the link publishes what they send by the right of who asked. */
export const SEND_TOKEN_PATTERN = new RegExp(`^${SEND_TOKEN_PREFIX}([\\w-]{22})([\\w-]{43})$`)

/** Bytes that this server cannot read, as base64url without padding. */
const sealed = (bytesMax: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil((bytesMax * 4) / 3))
    .regex(/^[\w-]+$/, 'must be base64url')
    .refine(text => text.length % 4 !== 1, 'must be base64url')

/** `POST /api/inboxes`. The owner key is drawn by the browser, as of shares. */
export const createInboxSchema = z.strictObject({
  /** Follows from the secret in the link; without it, who has the link publishes by their own right alone. */
  sendKey: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
  ownerKey: z.string().regex(/^[\w-]{43}$/),
  sealed: sealed(ASK_MAX_BYTES),
})
export type CreateInbox = z.infer<typeof createInboxSchema>

const id = z.string().regex(INBOX_ID_PATTERN)

/** Answer to `POST /api/inboxes`, and to `GET /api/inboxes/<id>`, by whoever has the link. */
export const inboxSchema = z.object({
  id,
  /** What the asker says, for who has the secret in the link. */
  sealed: sealed(ASK_MAX_BYTES),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** Whether who has the link publishes what they send by the right of who asked, with a send token. */
  lends: z.boolean(),
})
export type Inbox = z.infer<typeof inboxSchema>

/** `POST /api/inboxes/<id>/deliveries`, by whoever has the link. */
export const createDeliverySchema = z.strictObject({
  sealed: sealed(DELIVERY_MAX_BYTES),
  /** Of the share, where it was published with a send token: the server knows by it that somebody was told. */
  infoHash: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
})
export type CreateDelivery = z.infer<typeof createDeliverySchema>

/** Answer to it. */
export const deliveredSchema = z.object({
  delivered: z.literal(true),
  /** With it the sender asks what became of it. */
  receipt: z.string().max(64),
})
export type Delivered = z.infer<typeof deliveredSchema>

/** `GET /api/inboxes/<id>/deliveries/<receipt>`, by who sent it. */
export const deliveryStateSchema = z.object({
  /** The page of who asked has it: they see what was sent, but may not have the files. */
  fetched: z.boolean(),
})
export type DeliveryState = z.infer<typeof deliveryStateSchema>

/** `GET /api/inboxes/<id>/deliveries?after=<number>`, with the owner key: those after that number, the oldest first. */
export const deliveriesSchema = z.object({
  deliveries: z
    .array(
      z.object({
        /** Grows with each delivery. */
        number: z.int().nonnegative(),
        at: z.iso.datetime(),
        sealed: sealed(DELIVERY_MAX_BYTES),
      }),
    )
    .max(DELIVERIES_PAGE),
  /** There are more after the last of these. */
  more: z.boolean(),
})
export type Deliveries = z.infer<typeof deliveriesSchema>
