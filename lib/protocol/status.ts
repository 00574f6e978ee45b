import { z } from 'zod'

const count = z.int().nonnegative()
const infoHash = z.string().regex(/^[0-9a-f]{40}$/)

/** Swarms of one share, or of all, in clients and bytes; bytes are what peers report. */
const counts = {
  /** Clients that have all pieces. */
  complete: count,
  /** Clients that still download. */
  downloading: count,
  /** Completed downloads. */
  downloaded: count,
  /** Bytes downloaded by all clients. */
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
  /** Distributed copies in the swarm; null when this server's seeder is not in it. */
  copies: z.number().nonnegative().nullable(),
  /** Whether this server's seeder holds a copy. */
  kept: z.enum(['no', 'partial', 'yes']),
  /** When the seeder last read and verified all of its copy; null: not since it was fetched, or there is none. */
  checkedAt: z.iso.datetime().nullable(),
  publishedAt: z.iso.datetime(),
  page: z.url(),
})
export type ShareStatus = z.infer<typeof shareStatusSchema>

/** `GET /status.json`: status of the server and its listed shares. */
export const statusSchema = z.object({
  at: z.iso.datetime(),
  /** When this process started. */
  since: z.iso.datetime(),
  totals: z.object({
    ...counts,
    /** Published shares, listed or not. */
    shares: count,
    /** Shares with peers. */
    swarms: count,
    /** Peers by how they are reached; one client may be both. */
    tabs: count,
    classic: count,
  }),
  /** The servers that share these swarms, this one first; null when it is alone. `totals` are those of all of them. */
  nodes: z
    .array(
      z.object({
        name: z.string(),
        /** When its process started. */
        since: z.iso.datetime(),
        /** Open WebSockets of its tracker. */
        connections: count,
        /** Clients of its tracker. */
        complete: count,
        downloading: count,
      }),
    )
    .nullable(),
  /** Whether this server has a seeder. */
  seeder: z.boolean(),
  /** Listed shares, most clients first, then newest first; null when the operator shows totals only. */
  shares: z.array(shareStatusSchema).nullable(),
  /** Number of listed shares that are left out, because there are too many. */
  more: count,
})
export type Status = z.infer<typeof statusSchema>

/** `GET /status/<infohash>.json`: status of a listed share, and its history. */
export const shareHistorySchema = z.object({
  share: shareStatusSchema,
  /** Oldest first, up to now; nothing changes between two points. `at` in milliseconds since 1970. */
  points: z.array(
    z.object({ at: count, complete: count, downloading: count, downloaded: count, transferred: count }),
  ),
})
export type ShareHistory = z.infer<typeof shareHistorySchema>
