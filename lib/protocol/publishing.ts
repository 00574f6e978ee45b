import { z } from 'zod'
import { INVITATION_PREFIX, TOKEN_PREFIX } from './invitation-text.ts'

/** Who may publish: everybody, holders of a token, or people that a proxy in front has signed in. */
export const PUBLISH_MODES = ['open', 'token', 'proxy'] as const

/** For whom pages publish: whom the link is given to, by default; everybody, by default; everybody, without a question. */
export const AUDIENCES = ['link', 'everyone', 'everyone-only'] as const

/** 256 random bits as base64url, after their prefix. */
export const TOKEN_PATTERN = new RegExp(`^${TOKEN_PREFIX}[\\w-]{43}$`)
export const INVITATION_PATTERN = new RegExp(`^${INVITATION_PREFIX}[\\w-]{43}$`)

const count = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const most = z.int().positive().max(Number.MAX_SAFE_INTEGER)
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters')

/** On which terms a server publishes, as its pages know them. */
export interface Terms {
  readonly publish: (typeof PUBLISH_MODES)[number]
  /** For whom one shares unless one says otherwise: who has the link (encrypted), or everybody; or nothing else is asked. */
  readonly audience: (typeof AUDIENCES)[number]
  /** What is listed publicly: what publishers choose, everything that is not private, or nothing. */
  readonly lists: 'choice' | 'everything' | 'nothing'
  /** Seconds that a share lasts by default and at most; null: it never ends. */
  readonly expiryDefault: number | null
  readonly expiryMax: number | null
  /** Whether people may ask for files here. */
  readonly receive: boolean
}

/** Usual lifetimes of shares, in seconds: an hour, a day, a week, 30 days, a year. */
export const LIFETIMES = [3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400]

/** Who publishes, to themselves, and what is left of their quota. Null: no limit. */
const publisherSchema = z.object({
  name: z.string(),
  /** Published now. */
  shares: count,
  sharesMax: most.nullable(),
  /** Of those that this server was asked to keep. */
  bytes: count,
  bytesMax: most.nullable(),
  expiresAt: z.iso.datetime().nullable(),
})

/** `GET /api/publishing`: what this server lets whoever asks publish. */
export const publishingSchema = z.object({
  publish: z.enum(PUBLISH_MODES),
  /** Null where everybody may publish, and for who has not said who they are. */
  publisher: publisherSchema.nullable(),
})
export type Publishing = z.infer<typeof publishingSchema>

/** `POST /api/invitations` with an invitation: the token that it becomes, drawn by the client so that a lost answer loses nothing. */
export const redeemSchema = z.strictObject({ token: z.string().regex(TOKEN_PATTERN) })

/** Its answer: who they are now. */
export const redeemedSchema = z.object({ publisher: publisherSchema })

/** `POST /api/admin/tokens`. */
export const createTokenSchema = z.strictObject({
  name,
  /** An invitation is a link that becomes a token when it is opened, once. Default: token. */
  kind: z.enum(['token', 'invitation']).optional(),
  /** Most shares at a time, and most bytes of them that this server keeps. Default: no limit of its own. */
  shares: most.optional(),
  bytes: most.optional(),
  /** Days for which it is valid. Default: until it is revoked. */
  days: z.int().min(1).max(36_500).optional(),
})
export type CreateToken = z.infer<typeof createTokenSchema>

/** A token as the operator sees it: everything but the token itself. */
const publishTokenSchema = publisherSchema.extend({
  id: z.string(),
  /** `invited`: nobody has opened its link yet. */
  state: z.enum(['active', 'invited', 'expired', 'revoked']),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
})
export type PublishToken = z.infer<typeof publishTokenSchema>

/** `GET /api/admin/tokens`, newest first. */
export const publishTokensSchema = z.object({ tokens: z.array(publishTokenSchema) })

/** Answer to `POST /api/admin/tokens`: the only one that has the token, or the link of the invitation. */
export const createdTokenSchema = z.object({
  token: publishTokenSchema,
  /** To publish with, or null for an invitation. */
  secret: z.string().nullable(),
  /** To hand over, or null for a token. */
  link: z.url().nullable(),
})
export type CreatedToken = z.infer<typeof createdTokenSchema>
