import pg from 'pg'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import { connectionOptions } from './pool.ts'

export interface SessionOptions {
  readonly url: string
  /** Name of this node; each has another one. */
  readonly node: string
  readonly build: string
  /** Look again at these: something of them changed. `null`: at all that changed lately, because something may have been missed. */
  readonly onChanged: (infoHashes: readonly InfoHash[] | null) => Promise<void>
  readonly log: Log
}

/** How often it says that it is there, and tries to lead. */
const TICK_MS = 2_000
/** A statement that takes longer means that the connection is broken. */
const STATEMENT_MS = 5_000
const RETRY_MS = 500
/** Milliseconds for which changes are collected that come together. */
const TOGETHER_MS = 10
/** The database notices with a delay that an earlier session of this node is gone. */
const NAME_LIMIT_MS = 5_000

/** First keys of advisory locks: of a node's name, and of leading. */
const NAME_LOCK = 7_220_002
const LEADER_LOCK = 7_220_003

/**
 * A node's one lasting connection to the database: it hears what others change, holds the node's name and, on one node of all,
 * the lock of the leader. The locks go with the connection, and it comes back by itself.
 */
export class ClusterSession {
  readonly #options: SessionOptions
  readonly #looks = new SerialQueue()
  readonly #changed = new Set<InfoHash>()
  readonly #startedAt = Date.now()
  #client: pg.Client | null = null
  #leads = false
  #isClosed = false
  #timer: NodeJS.Timeout | null = null
  #flush: NodeJS.Timeout | null = null

  private constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Errors: that another node has that name; those of `pg`. */
  static async open(options: SessionOptions): Promise<ClusterSession> {
    const session = new ClusterSession(options)
    const limit = performance.now() + NAME_LIMIT_MS
    while (!(await session.#connect())) {
      if (performance.now() > limit) {
        throw new Error(
          `another server has the name ${options.node}: give each its own (TABSEED_NODE), or wait until that one has stopped`,
        )
      }
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
    }
    return session
  }

  /** Whether this node does what one of all does: history, totals, checks of mirrors, expiry. */
  get leads(): boolean {
    return this.#leads
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimers()
    const client = this.#client
    this.#client = null
    this.#leads = false
    await client?.query('delete from nodes where name = $1', [this.#options.node]).catch(() => undefined)
    await client?.end().catch(() => undefined)
    await this.#looks.idle()
  }

  /** False where another session has this node's name. */
  async #connect(): Promise<boolean> {
    const { node, url } = this.#options
    const client = new pg.Client({ ...connectionOptions(url), query_timeout: STATEMENT_MS })
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    client.on('notification', ({ payload }) => this.#heard(payload as InfoHash))
    try {
      await client.connect()
      const { rows } = await client.query('select pg_try_advisory_lock($1, hashtext($2)) as own', [
        NAME_LOCK,
        node,
      ])
      if (!rows[0].own) {
        await client.end()
        return false
      }
      await client.query('listen tabseed_changed')
      this.#client = client
      await this.#tick(client)
    } catch (reason) {
      await client.end().catch(() => undefined)
      throw reason
    }
    return true
  }

  async #tick(client: pg.Client): Promise<void> {
    if (!this.#leads) {
      const { rows } = await client.query('select pg_try_advisory_lock($1, 0) as leads', [LEADER_LOCK])
      if (client !== this.#client) return
      this.#leads = rows[0].leads
      if (this.#leads) this.#options.log.info({ node: this.#options.node }, 'this node leads')
    }
    const { build, node } = this.#options
    await client.query(
      `insert into nodes (name, build, started_at, seen_at, leads) values ($1, $2, $3, ${NOW}, $4)
       on conflict (name) do update set build = $2, started_at = $3, seen_at = ${NOW}, leads = $4`,
      [node, build, this.#startedAt, this.#leads ? 1 : 0],
    )
    if (client !== this.#client) return
    this.#timer = setTimeout(() => this.#tick(client).catch(() => this.#lost(client)), TICK_MS)
  }

  #heard(infoHash: InfoHash): void {
    this.#changed.add(infoHash)
    this.#flush ??= setTimeout(() => {
      this.#flush = null
      const infoHashes = [...this.#changed]
      this.#changed.clear()
      this.#look(infoHashes)
    }, TOGETHER_MS)
  }

  #look(infoHashes: readonly InfoHash[] | null): void {
    this.#looks
      .add(() => this.#options.onChanged(infoHashes))
      // What was missed is looked at again with the next regular look.
      .catch(reason => this.#options.log.warn({ err: reason }, 'changes of other nodes not read'))
  }

  #lost(client: pg.Client): void {
    if (client !== this.#client) return
    this.#client = null
    this.#leads = false
    this.#stopTimers()
    client.end().catch(() => undefined)
    if (this.#isClosed) return
    this.#options.log.warn('the connection to the database was lost')
    this.#reconnect()
  }

  #reconnect(): void {
    this.#timer = setTimeout(() => {
      this.#connect()
        .then(isConnected => {
          if (this.#isClosed || !isConnected) throw new Error('the name of this node is taken')
          this.#options.log.info('the connection to the database is back')
          this.#look(null)
        })
        .catch(() => {
          if (!this.#isClosed) this.#reconnect()
        })
    }, RETRY_MS)
  }

  #stopTimers(): void {
    for (const timer of [this.#timer, this.#flush]) if (timer !== null) clearTimeout(timer)
    this.#timer = null
    this.#flush = null
  }
}

/** The database's clock in milliseconds: those of nodes differ. */
const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint'
