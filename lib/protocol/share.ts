import { z } from 'zod'
import { ERROR_STATUS, type ErrorCode } from '../base/errors.ts'
import { DOWNLOADS_MAX, LIFETIME_MAX, LIFETIME_MIN } from './lifetime.ts'
import {
  CONNECT_MODES,
  DESCRIPTION_MAX,
  TITLE_MAX,
  WEB_SEED_SHARES,
  WEB_SEED_URL_MAX,
  WEB_SEEDS_MAX,
} from './share-values.ts'

const infoHash = z.string().regex(/^[0-9a-f]{40}$/)
const byteCount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const title = z.string().trim().max(TITLE_MAX)
/** Seconds from now; null: it never ends. */
const expiresIn = z.int().min(LIFETIME_MIN).max(LIFETIME_MAX).nullable()
/** Null: it ends after no number of downloads. */
const downloadsMax = z.int().min(1).max(DOWNLOADS_MAX).nullable()
const description = z.string().trim().max(DESCRIPTION_MAX)

/** A published share in the API. Sizes in bytes, times as ISO 8601 in UTC. */
export const shareSchema = z.object({
  infoHash,
  /** Name inside the metainfo: the file, or the top folder. */
  name: z.string(),
  title: z.string(),
  description: z.string(),
  length: byteCount,
  pieceLength: byteCount,
  pieceCount: byteCount,
  private: z.boolean(),
  /**
   * Whether it opens with a key only, which the server does not know: its one file is ciphertext, and what is inside has names of its own.
   * Older servers do not send it.
   */
  encrypted: z.boolean().default(false),
  /** Whether status page and feed show it; a private share is never listed. */
  listed: z.boolean(),
  /** True when the share is one file and not a folder. */
  singleFile: z.boolean(),
  /**
   * In metainfo order, with padding files (BEP 47) so that indexes match; paths use `/`. `savedAs` is the path to save under
   * where `path` cannot be one.
   */
  files: z.array(
    z.object({ path: z.string(), length: byteCount, padding: z.boolean(), savedAs: z.string().optional() }),
  ),
  /** When it ends by itself, or null. Older servers do not send it. */
  expiresAt: z.iso.datetime().nullable().default(null),
  /** After how many completed downloads it ends by itself, or null. */
  downloadsMax: downloadsMax.default(null),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Base URLs (BEP 19) of web seeds that passed their last check, best first. */
  webSeeds: z.array(z.url()),
  links: z.object({ page: z.url(), torrent: z.url(), magnet: z.string() }),
})
export type Share = z.infer<typeof shareSchema>

/** A share as its page is rendered with: `files` is empty where there are very many, which the page asks for itself. */
export interface PageShare extends Share {
  /** Files that are not padding. */
  readonly fileCount: number
  /** Of an encrypted share that a page has opened, and shows with what is inside: as everybody else has it. */
  readonly outside?: Share
}

/** `POST /api/shares` as JSON: the `.torrent` in base64, and texts for people. */
export const createShareSchema = z.strictObject({
  metainfo: z.base64(),
  title: title.optional(),
  description: description.optional(),
  /** Default: false. What the operator lists or does not list comes first; a private or encrypted share is never listed. */
  listed: z.boolean().optional(),
  /** It is one file with the neutral name of an encrypted share; anything else is refused, and so are words about it. */
  encrypted: z.boolean().optional(),
  /** Seconds after which it ends. Default: as the operator chose. */
  expiresIn: expiresIn.optional(),
  downloadsMax: downloadsMax.optional(),
  /** The owner key that the share gets, 256 random bits: a request whose answer was lost can then be sent again. Default: the server draws one. */
  ownerKey: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
})
export type CreateShare = z.infer<typeof createShareSchema>

/** Answer to `POST /api/shares`; the owner key comes with 201, and for a share that exists already only to a client that sent that key. */
export const createdShareSchema = z.object({ share: shareSchema, ownerKey: z.string().optional() })
export type CreatedShare = z.infer<typeof createdShareSchema>

/** `PATCH /api/shares/<infohash>`: properties that are not part of the content. */
export const updateShareSchema = z
  .strictObject({
    title: title.optional(),
    description: description.optional(),
    listed: z.boolean().optional(),
    /** Counted from now. */
    expiresIn: expiresIn.optional(),
    downloadsMax: downloadsMax.optional(),
  })
  .refine(change => Object.values(change).some(value => value !== undefined), {
    message: 'name title, description, listed, expiresIn or downloadsMax',
  })
export type UpdateShare = z.infer<typeof updateShareSchema>

/** `PUT /api/shares/<infohash>/web-seeds`: all web seeds of the share beside the server's own. */
export const putWebSeedsSchema = z.strictObject({
  urls: z.array(z.string().max(WEB_SEED_URL_MAX)).max(WEB_SEEDS_MAX),
})

/** Answer to GET and PUT of `/api/shares/<infohash>/web-seeds`, for the owner. */
export const webSeedsSchema = z.object({
  webSeeds: z.array(
    z.object({
      url: z.url(),
      /** Only those that are `ok` are handed out. */
      state: z.enum(['ok', 'failed']),
      /** Error code of the last check, or null. */
      reason: z.string().nullable(),
      checkedAt: z.iso.datetime(),
    }),
  ),
})
export type WebSeeds = z.infer<typeof webSeedsSchema>

/** `GET /api/shares/<infohash>/kept`: whether this server's seeder holds a copy of the share. Bytes. */
export const cachedShareStatusSchema = z.object({
  /** Whether this server caches shares at all. */
  offered: z.boolean(),
  /** Whether it is asked to cache this one. */
  asked: z.boolean(),
  kept: z.enum(['no', 'partial', 'yes']),
  /** Verified bytes of its copy. */
  have: byteCount,
  /** When the seeder last read and verified all of it; null: not since it was fetched, or there is none. */
  checkedAt: z.iso.datetime().nullable(),
  /** Why it does not progress, or null. */
  problem: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]).nullable(),
})
export type CachedShareStatus = z.infer<typeof cachedShareStatusSchema>

/** Every error of the API: a stable code, an English sentence, and what exactly failed. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    detail: z.string(),
  }),
})
export type ErrorBody = z.infer<typeof errorBodySchema>

/**
 * `GET /api/ice`: `RTCIceServer` entries for this browser, the operator's connect mode, and how much web seeds give. TURN credentials expire at
 * `expiresAt`, in `validFor` seconds.
 */
export const iceSchema = z.object({
  iceServers: z.array(
    z.object({
      urls: z.union([z.string(), z.array(z.string())]),
      username: z.string().optional(),
      credential: z.string().optional(),
    }),
  ),
  expiresAt: z.iso.datetime().nullable(),
  validFor: z.number().nullable(),
  connect: z.enum(CONNECT_MODES),
  /** Older servers do not send it. */
  webSeedUse: z.enum(WEB_SEED_SHARES).default('first'),
})
export type IceConfig = z.infer<typeof iceSchema>

/** `GET /api/doctor`: how the request looks from the server. */
export const serverViewSchema = z.object({
  /** Origin of links. */
  publicUrl: z.url(),
  /** Whether the request came through a proxy, and whether its headers are trusted. */
  proxy: z.enum(['none', 'trusted', 'unknown']),
  /** TCP port for classic clients, or null without a seeder. */
  seederPort: z.int().nullable(),
})
export type ServerView = z.infer<typeof serverViewSchema>
