import { createHmac, randomBytes } from 'node:crypto'
import type { RedisClientType } from '@redis/client'
import type { Log } from '../../../base/log.ts'
import type { NodeId } from '../bus.ts'
import { KEYS } from './keys.ts'
import { RedisBus } from './redis-bus.ts'

const CONNECT_LIMIT_MS = 3_000
/** A connection on which nothing comes for so long is given up; each is asked for a sign of life more often. */
const SILENT_MS = 6_000
const PING_MS = 2_000
const RECONNECT_MAX_MS = 2_000
/** Commands that may wait for their answers; far more than a node in order has. */
const WAITING_MAX = 50_000
const CLUSTER_ID = /^[0-9a-f]{64}$/

/** Two half-configured clusters: this database belongs to one and this Redis to another. */
export class OtherClusterError extends Error {
  override readonly name = 'OtherClusterError'

  constructor() {
    super('the database and TABSEED_REDIS belong to different clusters')
  }
}

/** What keeps the id of the cluster where all nodes' shares are. */
export interface ClusterIdStore {
  /** Stores `id` unless there is one already; the one that is stored then. */
  claim(id: string): Promise<string>
}

export interface Cluster {
  readonly bus: RedisBus
  /** A secret that all nodes have, for `purpose`; undefined until Redis was reached once. */
  secretFor(purpose: string): Buffer | undefined
}

/**
 * Connects to Redis. One that cannot be reached does not keep a node from starting: it goes on trying. Errors:
 * `OtherClusterError`, and whatever is wrong with `url`.
 */
export async function openRedis(options: {
  readonly url: string
  /** The node's name, without what makes it unique. */
  readonly name: string
  readonly ids: ClusterIdStore
  readonly log: Log
}): Promise<Cluster> {
  const { ids, log, url } = options
  const { createClient } = await import('@redis/client')
  const open = (): RedisClientType => {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: WAITING_MAX,
      pingInterval: PING_MS,
      maintNotifications: 'disabled',
      socket: {
        connectTimeout: CONNECT_LIMIT_MS,
        socketTimeout: SILENT_MS,
        reconnectStrategy: retries => Math.min(RECONNECT_MAX_MS, 50 * 2 ** retries) * (0.5 + Math.random() / 2),
      },
    })
    // Without a listener an error ends the process.
    client.on('error', error => log.debug({ err: error }, 'redis'))
    return client as unknown as RedisClientType
  }
  const clients = { commands: open(), messages: open() }
  let clusterId: string | undefined
  const isOurs = async () => {
    const { commands } = clients
    const stored = await commands.get(KEYS.cluster)
    const wanted = await ids.claim(clusterId ?? validId(stored) ?? newId())
    if (stored === null) await commands.set(KEYS.cluster, wanted, { condition: 'NX' })
    if ((await commands.get(KEYS.cluster)) !== wanted) return false
    clusterId = wanted
    return true
  }
  const close = () => {
    for (const client of Object.values(clients)) if (client.isOpen) client.destroy()
  }
  try {
    const connected = Promise.all(Object.values(clients).map(client => client.connect()))
    connected.catch(() => undefined)
    const isReached = await Promise.race([
      connected.then(() => true),
      new Promise<false>(resolve => setTimeout(() => resolve(false), CONNECT_LIMIT_MS).unref()),
    ])
    if (!isReached) log.warn('Redis is not reached (TABSEED_REDIS): peers of this node only meet until it is')
    else if (!(await isOurs())) throw new OtherClusterError()
  } catch (error) {
    close()
    throw error
  }
  const bus = new RedisBus({
    ...clients,
    node: newNodeId(options.name),
    isOurs: async () => {
      const isOk = await isOurs()
      if (!isOk) log.error(new OtherClusterError().message)
      return isOk
    },
  })
  return {
    bus,
    secretFor: purpose =>
      clusterId === undefined ? undefined : createHmac('sha256', clusterId).update(purpose).digest(),
  }
}

const newId = () => randomBytes(32).toString('hex')
const validId = (text: string | null): string | undefined =>
  text !== null && CLUSTER_ID.test(text) ? text : undefined

const newNodeId = (name: string): NodeId => `${name}~${randomBytes(4).toString('hex')}`
