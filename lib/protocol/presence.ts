import { z } from 'zod'

/**
 * `GET /api/shares/<infohash>/presence`: who has a share right now. `online`: somebody has all of it; `server`: nobody, but a
 * server has; `away`: nobody.
 */
export const presenceSchema = z.object({
  presence: z.enum(['online', 'server', 'away']),
  /** The server's clock. */
  at: z.iso.datetime(),
  /** When somebody besides this server was last seen who has all of it, to a minute; null: not known. */
  lastSeen: z.iso.datetime().nullable(),
  /** Where a copy is that needs nobody to be there: on this server or on another one. */
  copy: z.enum(['here', 'mirror']).nullable(),
  /** Peer id (40 hex digits) of this server's seeder while it is in the swarm. */
  serverPeer: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  /** Completed downloads that the tracker has heard of, and when the last one was; null: none, or not known. */
  downloads: z.int().nonnegative(),
  lastDownload: z.iso.datetime().nullable(),
})
export type Presence = z.infer<typeof presenceSchema>
