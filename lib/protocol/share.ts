import { z } from 'zod'
import { ERROR_STATUS, type ErrorCode } from '../base/errors.ts'

/** Longest title and description, in UTF-16 units. */
export const TITLE_MAX = 200
export const DESCRIPTION_MAX = 4000

/** Most web seeds a share has besides ours, and the longest URL of one in UTF-16 units. */
export const WEB_SEEDS_MAX = 8
export const WEB_SEED_URL_MAX = 2000

const infoHash = z.string().regex(/^[0-9a-f]{40}$/)
const byteCount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const title = z.string().trim().max(TITLE_MAX)
const description = z.string().trim().max(DESCRIPTION_MAX)

/** A published share as the API and the pages see it. Sizes in bytes, times as ISO 8601 in UTC. */
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
  /** Whether the status page and the feed name it; a private share never is. */
  listed: z.boolean(),
  /** True when the share is one file and not a folder. */
  singleFile: z.boolean(),
  /** In metainfo order, padding files (BEP 47) included so that indexes match; paths use `/`. */
  files: z.array(z.object({ path: z.string(), length: byteCount, padding: z.boolean() })),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Base URLs (BEP 19) of the same content over HTTP that were found right, best first. */
  webSeeds: z.array(z.url()),
  links: z.object({ page: z.url(), torrent: z.url(), magnet: z.string() }),
})
export type Share = z.infer<typeof shareSchema>

/** `POST /api/shares` as JSON: the `.torrent` in base64 and words for people. */
export const createShareSchema = z.strictObject({
  metainfo: z.base64(),
  title: title.optional(),
  description: description.optional(),
  /** Unless it says no, and unless the share is private. */
  listed: z.boolean().optional(),
})
export type CreateShare = z.infer<typeof createShareSchema>

/** Answer to `POST /api/shares`; the owner key comes once, with 201, and never for a share that stood already. */
export const createdShareSchema = z.object({ share: shareSchema, ownerKey: z.string().optional() })
export type CreatedShare = z.infer<typeof createdShareSchema>

/** `PATCH /api/shares/<infohash>`: what may change without changing the content. */
export const updateShareSchema = z
  .strictObject({
    title: title.optional(),
    description: description.optional(),
    listed: z.boolean().optional(),
  })
  .refine(change => Object.values(change).some(value => value !== undefined), {
    message: 'name title, description or listed',
  })
export type UpdateShare = z.infer<typeof updateShareSchema>

/** `PUT /api/shares/<infohash>/web-seeds`: all there shall be besides ours. */
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
      /** Code of what was wrong, when it failed. */
      reason: z.string().nullable(),
      checkedAt: z.iso.datetime(),
    }),
  ),
})
export type WebSeeds = z.infer<typeof webSeedsSchema>

/** `GET /api/shares/<infohash>/kept`: whether this server keeps the share alive. Bytes. */
export const keptSchema = z.object({
  /** Whether this server keeps shares at all. */
  offered: z.boolean(),
  /** Whether it is to keep this one. */
  asked: z.boolean(),
  kept: z.enum(['no', 'partial', 'yes']),
  /** Verified bytes it has. */
  have: byteCount,
  /** Why it does not go on, or null. */
  problem: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]).nullable(),
})
export type Kept = z.infer<typeof keptSchema>

/** Every error of the API: one shape, a stable code, an English sentence, and what it was about. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    detail: z.string(),
  }),
})
export type ErrorBody = z.infer<typeof errorBodySchema>

/**
 * How peers are met: straight, so that they learn each other's addresses; through TURN only; or not at all, and all bytes
 * come from web seeds. From least to most strict.
 */
export const CONNECT_MODES = ['direct', 'relay', 'server'] as const
export type ConnectMode = (typeof CONNECT_MODES)[number]

/**
 * `GET /api/ice`: RTCIceServer entries for this browser, and how the operator wants peers to be met; TURN credentials in
 * it end at `expiresAt`, in `validFor` seconds.
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
})
export type IceConfig = z.infer<typeof iceSchema>

/** `GET /api/doctor`: how the request looked from the server. */
export const serverViewSchema = z.object({
  /** Origin that links begin with. */
  publicUrl: z.url(),
  /** Whether a proxy stood in front, and is one whose headers count. */
  proxy: z.enum(['none', 'trusted', 'unknown']),
  /** TCP port for classic clients, or null without a seeder. */
  seederPort: z.int().nullable(),
})
export type ServerView = z.infer<typeof serverViewSchema>
