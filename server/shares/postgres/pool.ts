import { HandleEmptyInListsPlugin, Kysely, PostgresDialect, replaceWithNoncontingentExpression } from 'kysely'
import pg from 'pg'
import type { Log } from '../../base/log.ts'
import type { Tables } from '../tables.ts'
import { databaseError } from './database-error.ts'

/** Milliseconds until a new connection must stand: whoever waits gets 503. */
const CONNECT_MS = 3_000
/** Milliseconds that one statement may take before the database counts as gone. */
const STATEMENT_MS = 20_000
const CONNECTIONS_MAX = 10

/** PostgreSQL has no NUL in texts: it is written as two characters, of which the first, of private use, stands for itself in the same way. */
const ESCAPE = '\uee1a'
const escaped = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(ESCAPE, `${ESCAPE}1`).replaceAll('\0', `${ESCAPE}0`) : value
const unescaped = (text: string): string =>
  text.includes(ESCAPE) ? text.replace(/\uee1a([01])/g, (_, one) => (one === '0' ? '\0' : ESCAPE)) : text

const { INT8, TEXT, BPCHAR, NUMERIC } = pg.types.builtins
const PARSERS = new Map<number, (text: string) => unknown>([
  // Our numbers are below 2^53.
  [INT8, Number],
  [NUMERIC, Number],
  [TEXT, unescaped],
  [BPCHAR, unescaped],
])

/** Options of every connection to the database at `url`. */
export function connectionOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'tabseed',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // An owner key is handed out only once: an acknowledged share must survive a crash of the database.
    options: '-c synchronous_commit=on',
    types: {
      getTypeParser: ((id: number, format?: 'text' | 'binary') =>
        (format !== 'binary' && PARSERS.get(id)) || pg.types.getTypeParser(id, format)) as never,
    },
  }
}

/** How long a statement may run: one of a server, or of an upgrade or a copy, which take as long as they take. */
type Pace = 'serving' | 'upgrading'

/** The database at `url`; no connection is made yet. Errors of its statements: `database_away`, `server_full`, those of `pg`. */
export function postgresAt(url: string, pace: Pace, log?: Log): Kysely<Tables> {
  const pool = new pg.Pool({
    ...connectionOptions(url),
    max: pace === 'serving' ? CONNECTIONS_MAX : 1,
    ...(pace === 'serving' && { query_timeout: STATEMENT_MS }),
  })
  // Whoever used it has an error of its own, and whoever asks next gets a new one. Unheard it would end this process.
  pool.on('connect', client => client.on('error', reason => log?.debug({ err: reason }, 'connection lost')))
  pool.on('error', reason => log?.warn({ reason: reason.message }, 'a connection to the database was lost'))
  return new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: { options: pool.options, end: () => pool.end(), connect: () => connect(pool) } as never,
    }),
    plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
  })
}

/** A connection as Kysely uses it. */
async function connect(pool: pg.Pool) {
  const client = await translated(() => pool.connect())
  return {
    query: (sql: string, parameters: readonly unknown[]) =>
      translated(() => client.query(sql, parameters.map(escaped))),
    release: (discard?: boolean) => client.release(discard),
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (reason) {
    throw databaseError(reason)
  }
}
