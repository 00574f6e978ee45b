import type { RedisClientType } from '@redis/client'
import type { Id } from '../../wire-text.ts'
import {
  BEAT_LIFE_MS,
  type Bus,
  type BusHandlers,
  CLASSIC_LIFE_MS,
  type ClassicEntry,
  COUNTS_LIFE_MS,
  type FarCounts,
  type NodeCounts,
  type NodeId,
  type NodeSummary,
  type SharedClassic,
} from '../bus.ts'
import { countsText, readCounts, readSummary, summaryText } from './forms.ts'
import { hex, KEYS } from './keys.ts'

/** Other nodes that are looked at. */
const NODES_MAX = 64
const RETRY_MS = 2_000
const COMPACT = /^([0-9a-f]{12}|[0-9a-f]{36})$/

interface RedisBusOptions {
  readonly node: NodeId
  /** For commands and for messages; both may be connected already, and reconnect by themselves. */
  readonly commands: RedisClientType
  readonly messages: RedisClientType
  /** Whether this is the Redis of the same cluster; asked after each connect. */
  readonly isOurs: () => Promise<boolean>
}

/** The bus over one Redis 7 or Valkey, with sharded channels. */
export class RedisBus implements Bus {
  readonly node: NodeId
  readonly #options: RedisBusOptions
  readonly #commands: RedisClientType
  #handlers: BusHandlers | null = null
  #isUp = false
  #isChecking = false
  #isClosed = false
  /** What Redis' clock is ahead of ours, in seconds. */
  #clockAhead = 0

  constructor(options: RedisBusOptions) {
    this.#options = options
    this.node = options.node
    this.#commands = options.commands
  }

  get isUp(): boolean {
    return this.#isUp
  }

  listen(handlers: BusHandlers): void {
    this.#handlers = handlers
    const { commands, messages } = this.#options
    for (const client of [commands, messages]) {
      client.on('ready', () => this.#check())
      // Each is followed by another try to connect.
      for (const event of ['error', 'end', 'reconnecting'] as const) client.on(event, () => this.#check())
    }
    this.#check()
  }

  async beat(own: NodeSummary): Promise<readonly NodeSummary[]> {
    const redis = this.#commands
    const life = { expiration: { type: 'PX', value: BEAT_LIFE_MS } } as const
    const [, , , ids] = await Promise.all([
      redis.set(KEYS.node(this.node), '1', life),
      redis.set(KEYS.summary(this.node), summaryText(own), life),
      redis.sAdd(KEYS.nodes, this.node),
      redis.sMembers(KEYS.nodes),
      this.#readClock(),
    ])
    const others = ids.filter(id => id !== this.node).slice(0, NODES_MAX)
    if (others.length === 0) return []
    const texts = await redis.mGet(others.map(KEYS.summary))
    const ended = others.filter((_, at) => texts[at] === null)
    if (ended.length > 0) await redis.sRem(KEYS.nodes, ended)
    return texts.flatMap((text, at) => {
      const summary = text === null ? undefined : readSummary(text)
      return summary === undefined || summary.node !== others[at] ? [] : summary
    })
  }

  async write(counts: ReadonlyMap<Id, NodeCounts | null>): Promise<void> {
    const redis = this.#commands
    const stamp = this.#now()
    await Promise.all(
      [...counts].flatMap(([infoHash, own]): Promise<unknown>[] => {
        const key = KEYS.counts(infoHash)
        if (own === null) return [redis.hDel(key, this.node)]
        return [redis.hSet(key, this.node, countsText(own, stamp)), redis.pExpire(key, COUNTS_LIFE_MS)]
      }),
    )
  }

  async read(infoHash: Id): Promise<ReadonlyMap<NodeId, FarCounts>> {
    const redis = this.#commands
    const key = KEYS.counts(infoHash)
    const fields = Object.entries(await redis.hGetAll(key)).filter(([node]) => node !== this.node)
    const now = this.#now()
    const found = new Map<NodeId, FarCounts>()
    const useless: string[] = []
    for (const [node, text] of fields) {
      const entry = readCounts(node, text, now)
      if (entry === undefined) useless.push(node)
      else if (found.size < NODES_MAX) found.set(...entry)
    }
    // Of nodes that ended without notice: the others keep the key alive.
    if (useless.length > 0) await redis.hDel(key, useless)
    return found
  }

  async send(node: NodeId, batch: Buffer): Promise<boolean> {
    return (await this.#commands.sPublish(KEYS.channel(node), batch)) > 0
  }

  async enterClassic({ compact, infoHash, seed }: ClassicEntry): Promise<void> {
    const redis = this.#commands
    const [into, outOf] = seed
      ? [KEYS.seeds(infoHash), KEYS.others(infoHash)]
      : [KEYS.others(infoHash), KEYS.seeds(infoHash)]
    const value = hex(compact)
    await Promise.all([
      redis.zAdd(into, { score: this.#now() + CLASSIC_LIFE_MS / 1000, value }),
      redis.pExpire(into, CLASSIC_LIFE_MS),
      redis.zRem(outOf, value),
    ])
  }

  async leaveClassic({ compact, infoHash }: Pick<ClassicEntry, 'infoHash' | 'compact'>): Promise<void> {
    const keys = [KEYS.seeds(infoHash), KEYS.others(infoHash)]
    await Promise.all(keys.map(key => this.#commands.zRem(key, hex(compact))))
  }

  async drawClassic(infoHash: Id, count: number): Promise<SharedClassic> {
    const redis = this.#commands
    const keys = [KEYS.seeds(infoHash), KEYS.others(infoHash)] as const
    if (count === 0) {
      const [complete, incomplete] = await Promise.all([redis.zCard(keys[0]), redis.zCard(keys[1])])
      return { complete, incomplete, seeds: [], others: [] }
    }
    const now = this.#now()
    const [, , complete, incomplete, seeds, others] = await Promise.all([
      redis.zRemRangeByScore(keys[0], 0, now),
      redis.zRemRangeByScore(keys[1], 0, now),
      redis.zCard(keys[0]),
      redis.zCard(keys[1]),
      redis.zRandMemberCount(keys[0], count),
      redis.zRandMemberCount(keys[1], count),
    ])
    return { complete, incomplete, seeds: compactPeers(seeds), others: compactPeers(others) }
  }

  async close(): Promise<void> {
    const wasUp = this.#isUp
    this.#isClosed = true
    this.#isUp = false
    const { commands, messages } = this.#options
    try {
      if (wasUp) {
        await Promise.all([
          commands.del([KEYS.node(this.node), KEYS.summary(this.node)]),
          commands.sRem(KEYS.nodes, this.node),
        ])
      }
    } catch {
      // It expires by itself.
    }
    for (const client of [commands, messages]) if (client.isOpen) client.destroy()
  }

  /** Up when both connections are, messages arrive, and it is our cluster. */
  #check(): void {
    const { commands, messages } = this.#options
    if (!commands.isReady || !messages.isReady) {
      this.#turn(false)
      return
    }
    if (this.#isUp || this.#isChecking || this.#isClosed) return
    this.#isChecking = true
    const done = (isJoined: boolean) => {
      this.#isChecking = false
      this.#turn(isJoined && commands.isReady && messages.isReady)
      if (!this.#isUp && !this.#isClosed) setTimeout(() => this.#check(), RETRY_MS).unref()
    }
    this.#join().then(done, () => done(false))
  }

  async #join(): Promise<boolean> {
    if (!(await this.#options.isOurs())) return false
    await this.#readClock()
    const channel = KEYS.channel(this.node)
    await this.#options.messages.sUnsubscribe(channel)
    await this.#options.messages.sSubscribe(channel, batch => this.#handlers?.onMessage(batch), true)
    return true
  }

  #turn(isUp: boolean): void {
    if (this.#isUp === isUp || this.#isClosed) return
    this.#isUp = isUp
    if (isUp) this.#handlers?.onUp()
    else this.#handlers?.onDown()
  }

  async #readClock(): Promise<void> {
    const [seconds] = await this.#commands.time()
    this.#clockAhead = Number(seconds) - Math.floor(Date.now() / 1000)
  }

  #now(): number {
    return Math.floor(Date.now() / 1000) + this.#clockAhead
  }
}

const compactPeers = (texts: readonly string[]): string[] =>
  texts.filter(text => COMPACT.test(text)).map(text => Buffer.from(text, 'hex').toString('latin1'))
