import { z } from 'zod'
import { BLOCK_REASON_MAX, REPORT_CONTACT_MAX, REPORT_DETAILS_MAX, REPORT_REASONS } from './share-values.ts'

/** Messages of `/api/admin` and of what else needs an operator's key. Times as ISO 8601 in UTC, sizes in bytes. */

/** `PUT` and `DELETE /api/shares/<infohash>/blocked`: why; of a block, everybody who asks for the share is told. */
export const blockSchema = z.strictObject({ reason: z.string().trim().max(BLOCK_REASON_MAX).default('') })

/** `POST /api/shares/<infohash>/reports`, by anybody. */
export const newReportSchema = z.strictObject({
  reason: z.enum(REPORT_REASONS),
  details: z.string().trim().max(REPORT_DETAILS_MAX).default(''),
  /** How the operator can answer. */
  contact: z.string().trim().max(REPORT_CONTACT_MAX).default(''),
})
export type NewReport = z.input<typeof newReportSchema>

/** `GET /api/admin/reports`: newest first. */
export const reportsSchema = z.object({
  reports: z.array(
    z.object({
      id: z.int(),
      at: z.iso.datetime(),
      infoHash: z.string(),
      reason: z.enum(REPORT_REASONS),
      details: z.string(),
      contact: z.string(),
      closedAt: z.iso.datetime().nullable(),
      closedBy: z.string(),
      /** Its title, else its name; null where it is no longer here. */
      name: z.string().nullable(),
      blocked: z.boolean(),
    }),
  ),
  /** `before` of the next page, or null. */
  next: z.int().nullable(),
})
export type Reports = z.infer<typeof reportsSchema>

const count = z.int().nonnegative()

/** `GET /api/admin/overview` */
export const overviewSchema = z.object({
  /** Whose key was sent. */
  operator: z.string(),
  since: z.iso.datetime(),
  shares: z.object({ published: count, listed: count, blocked: count, openReports: count }),
  /** Of the data directory; null where the system does not say. */
  disk: z.object({ free: count, size: count }).nullable(),
  /** Of all shares: names and piece hashes. */
  database: z.object({ bytes: count, budget: count }),
  /** Copies of shares; null where there is no seeder. */
  seeder: z
    .object({ away: z.boolean(), complete: count, partial: count, bytes: count, budget: count, peers: count })
    .nullable(),
  /** Each seeder that has been here, by name; `budget` and `free` are null where it does not say. */
  seeders: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        /** Empty where it has none. */
        zone: z.string(),
        away: z.boolean(),
        complete: count,
        partial: count,
        bytes: count,
        budget: count.nullable(),
        free: count.nullable(),
        /** Where its files are over HTTP, for everybody or `inside` for servers alone; `leads` to it: null where that is not known. */
        addresses: z
          .array(z.object({ address: z.string(), inside: z.boolean(), leads: z.boolean().nullable() }))
          .default([]),
      }),
    )
    .default([]),
  /** Copies of shares in a bucket; null without one. */
  bucket: z
    .object({ away: z.boolean(), complete: count, uploading: count, removing: count, bytes: count })
    .nullable(),
  /** Clients right now, and swarms that they are in. */
  connections: z.object({ webSockets: count, swarms: count, tabs: count, classic: count }),
  /** Limits that were met in the last hour, most often first. */
  limits: z.array(z.object({ limit: z.string(), count })),
})
export type Overview = z.infer<typeof overviewSchema>

/**
 * `GET /api/admin/nodes`: servers that share one database or one Redis, by name, none where the server is alone; and seeders, here or
 * gone. A server of the version before does not know what has a default.
 */
export const clusterNodesSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      /** Of its program; empty where it is not known, as nothing but Redis joins the servers. */
      build: z.string(),
      startedAt: z.iso.datetime(),
      seenAt: z.iso.datetime(),
      isHere: z.boolean(),
      leads: z.boolean(),
      /** It is the one that answers. */
      isThis: z.boolean().default(false),
      /** Open WebSockets of its tracker, and clients; null where it is not known, as of others without Redis. */
      connections: count.nullable().default(null),
      clients: count.nullable().default(null),
    }),
  ),
  /** Whether the one that answers reaches Redis; null where none is configured. */
  redis: z.enum(['up', 'away']).nullable().default(null),
  seeders: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        zone: z.string(),
        free: count.nullable(),
        /** Addresses that are in use: those that lead to it. Empty where there are none. */
        url: z.string(),
        insideUrl: z.string(),
        seenAt: z.iso.datetime(),
        isHere: z.boolean(),
      }),
    )
    .default([]),
})
export type ClusterNodes = z.infer<typeof clusterNodesSchema>

/** `GET /api/admin/shares`: newest first, also those that are not listed. */
export const foundSharesSchema = z.object({
  shares: z.array(
    z.object({
      infoHash: z.string(),
      name: z.string(),
      title: z.string(),
      size: count,
      fileCount: count,
      listed: z.boolean(),
      publishedAt: z.iso.datetime(),
      /** Who published it: the name of a token, or of a user of the proxy; null: nobody in particular. */
      publisher: z.string().nullable(),
      /** From where, as far as addresses are kept. */
      address: z.string().nullable(),
      /** Clients that have it, and that download it. */
      complete: count,
      downloading: count,
      kept: z.enum(['no', 'partial', 'yes']),
      /** Bytes of this server's copy. */
      have: count,
      openReports: count,
      page: z.string(),
    }),
  ),
  /** `offset` of the next page, or null. */
  next: count.nullable(),
})
export type FoundShares = z.infer<typeof foundSharesSchema>

/** `GET /api/admin/blocks` */
export const blocksSchema = z.object({
  blocks: z.array(
    z.object({
      infoHash: z.string(),
      content: z.string().nullable(),
      reason: z.string(),
      name: z.string(),
      length: count,
      by: z.string(),
      at: z.iso.datetime(),
    }),
  ),
})
export type BlockList = z.infer<typeof blocksSchema>

/** `GET /api/admin/audit`: newest first. */
export const auditSchema = z.object({
  entries: z.array(
    z.object({
      id: count,
      at: z.iso.datetime(),
      by: z.string(),
      act: z.string(),
      infoHash: z.string().nullable(),
      why: z.string(),
    }),
  ),
  /** `before` of the next page, or null. */
  next: count.nullable(),
})
export type Audit = z.infer<typeof auditSchema>
