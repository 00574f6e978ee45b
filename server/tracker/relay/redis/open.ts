import { createHmac, randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { RedisClientType } from '@redis/client'
import type { Log } from '../../../base/log.ts'
import type { NodeId, SharedBus } from '../bus.ts'
import { KEYS } from './keys.ts'
import { RedisBus } from './redis-bus.ts'

const CONNECT_LIMIT_MS = 3_000
/** A connection on which nothing comes for so long is given up; each is asked for a sign of life more often. */
const SILENT_MS = 6_000
const PING_MS = 2_000
const RECONNECT_MAX_MS = 2_000
/** Commands that may wait for their answers; far more than a node in order has. */
const WAITING_MAX = 50_000
const CLUSTER_ID = /^[\w-]{1,64}$/
const SECRET = /^[0-9a-f]{64}$/

/** Two half-configured clusters: this database belongs to one and this Redis to another. */
class OtherClusterError extends Error {
  override readonly name = 'OtherClusterError'

  constructor() {
    super('the database and TABSEED_REDIS belong to different clusters')
  }
}

/**
 * What joins a node with others, over Redis. One that cannot be reached does not keep a node from starting: it goes on trying. Errors:
 * `OtherClusterError`, and whatever is wrong with `url`.
 */
export async function openRedis(options: {
  /** Where Redis is; undefined for a node that is alone. */
  readonly redis?: string | undefined
  /** The node's name, without what makes it unique; undefined for that of the machine. */
  readonly node: string | undefined
  /** The cluster that the node's database belongs to; undefined where it has one of its own. */
  readonly clusterId: string | undefined
  readonly log: Log
}): Promise<SharedBus | null> {
  const { log, redis: url } = options
  if (url === undefined) return null
  const { createClient } = await import('@redis/client')
  const open = (): RedisClientType => {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: WAITING_MAX,
      pingInterval: PING_MS,
      // Its limit for what is not even sent yet makes a signal, a timer and an exception for every command: a fifth of what a busy
      // node costs. A connection that takes nothing is silent too.
      commandOptions: { timeout: 0 },
      maintNotifications: 'disabled',
      socket: {
        connectTimeout: CONNECT_LIMIT_MS,
        socketTimeout: SILENT_MS,
        reconnectStrategy: retries =>
          Math.min(RECONNECT_MAX_MS, 50 * 2 ** retries) * (0.5 + Math.random() / 2),
      },
    })
    // Without a listener an error ends the process.
    client.on('error', error => log.debug({ err: error }, 'redis'))
    return client as unknown as RedisClientType
  }
  const clients = { commands: open(), messages: open() }
  let clusterId = options.clusterId
  let secret: string | undefined
  const isOurs = async () => {
    // Nodes that start at once on an empty Redis agree by whose values came first; one that lost them gets them again.
    const stored = await agree(clients.commands, KEYS.cluster, clusterId ?? newSecret(), CLUSTER_ID)
    clusterId ??= stored
    if (clusterId !== stored) return false
    secret = await agree(clients.commands, KEYS.secret, secret ?? newSecret(), SECRET)
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
    node: newNodeId(options.node ?? machineName()),
    isOurs: async () => {
      const isOk = await isOurs()
      if (!isOk) log.error(new OtherClusterError().message)
      return isOk
    },
  })
  return {
    bus,
    secretFor: purpose =>
      secret === undefined ? undefined : createHmac('sha256', secret).update(purpose).digest(),
  }
}

/** Stores `own` under `key` unless there is something already; what is there then. Throws when that has not the form of ours. */
async function agree(redis: RedisClientType, key: string, own: string, form: RegExp): Promise<string> {
  await redis.set(key, own, { condition: 'NX' })
  const stored = await redis.get(key)
  if (stored === null || !form.test(stored)) throw new Error(`${key} in Redis is not ours`)
  return stored
}

const newSecret = () => randomBytes(32).toString('hex')

const machineName = () =>
  hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, 64) || 'node'
const newNodeId = (name: string): NodeId => `${name}~${randomBytes(4).toString('hex')}`
