import { z } from 'zod'

const count = z.int().nonnegative()
const infoHash = z.string().regex(/^[0-9a-f]{40}$/)

/** How the swarms of one share, or of all, are. Clients and bytes; bytes are what peers say they fetched. */
const counts = {
  /** Clients that have everything. */
  complete: count,
  /** Clients that still fetch. */
  downloading: count,
  /** How often it was fetched completely. */
  downloaded: count,
  /** Bytes that all of them fetched. */
  transferred: count,
}

const shareStatusSchema = z.object({
  infoHash,
  /** Its title, else its name. */
  name: z.string(),
  /** Bytes. */
  size: count,
  fileCount: count,
  ...counts,
  /** Complete copies in the swarm with their fraction; null when this server is not in it. */
  copies: z.number().nonnegative().nullable(),
  /** Whether this server keeps it alive. */
  kept: z.enum(['no', 'partial', 'yes']),
  publishedAt: z.iso.datetime(),
  page: z.url(),
})
export type ShareStatus = z.infer<typeof shareStatusSchema>

/** `GET /status.json`: how the server is. */
export const statusSchema = z.object({
  at: z.iso.datetime(),
  /** When this process started. */
  since: z.iso.datetime(),
  totals: z.object({
    ...counts,
    /** Published shares, listed or not. */
    shares: count,
    /** Shares that somebody is in. */
    swarms: count,
    /** Peers by how they are reached; a client may be one of each. */
    tabs: count,
    classic: count,
  }),
  /** Whether this server keeps shares alive. */
  seeder: z.boolean(),
  /** Listed shares, those with most clients first, then the newest; null when the operator shows totals only. */
  shares: z.array(shareStatusSchema).nullable(),
  /** Listed shares that are left out, because there are too many. */
  more: count,
})
export type Status = z.infer<typeof statusSchema>

/** `GET /status/<infohash>.json`: how a listed share is, and how it was. */
export const shareHistorySchema = z.object({
  share: shareStatusSchema,
  /** Oldest first, up to now. Between two points nothing changed; times are milliseconds since 1970. */
  points: z.array(
    z.object({ at: count, complete: count, downloading: count, downloaded: count, transferred: count }),
  ),
})
export type ShareHistory = z.infer<typeof shareHistorySchema>
