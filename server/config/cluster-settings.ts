import { z } from 'zod'

/** What several servers have in common. */
export const clusterSettings = {
  database: z
    .string()
    .refine(isPostgresUrl, 'must be postgres://user:password@host:port/database')
    .optional()
    .meta({
      description:
        'PostgreSQL database of the shares, for one or several servers (docs/cluster.md). Without it they are in a SQLite file in TABSEED_DATA. Not through PgBouncer in transaction mode.',
      example: 'postgres://tabseed:password@db.example.org/tabseed',
      secret: true,
    }),
  redis: z
    .string()
    .refine(isRedisUrl, 'must be redis://host:port or rediss://user:password@host:port')
    .optional()
    .meta({
      description:
        'Redis 7 or Valkey that joins the swarms of several servers (docs/cluster.md); `rediss://` over TLS. It keeps nothing that must not be lost.',
      example: 'redis://redis.example.org:6379',
      secret: true,
    }),
  node: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, ., - or _')
    .optional()
    .meta({
      description:
        'Name of this server among those that use the same database: each has another one. Without it a name is made at the first start and kept in TABSEED_DATA.',
      example: 'berlin-1',
    }),
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== ''
}
