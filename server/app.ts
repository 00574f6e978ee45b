import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from './base/log.ts'
import { Shutdown } from './base/shutdown.ts'
import { startStep } from './base/start-error.ts'
import type { Config } from './config/config.ts'
import { Listener } from './http/listener.ts'
import type { AppOptions, AppServices } from './wiring/app-parts.ts'
import { openFoundation } from './wiring/foundation.ts'
import { openFront } from './wiring/front.ts'
import { openHolders } from './wiring/holders.ts'
import { openRegistry } from './wiring/registry.ts'
import { warnAtStart } from './wiring/start-warnings.ts'
import { startWriting } from './wiring/start-writing.ts'
import { STOP_ORDER } from './wiring/stop-order.ts'

export interface App {
  /** Resolves when the server listens and its seeder is set up. Errors: `StartError`; `stop` then closes what was opened. */
  start(): Promise<void>
  /**
   * Takes no more requests, lets running ones end within the limit, and closes everything; waits for a start that is under way.
   * A second call waits for the first. Errors: the first that closing met; everything else is closed all the same.
   */
  stop(): Promise<void>
  /** Origin to open on this machine, without a slash at the end. Throws before `start` has resolved. */
  readonly url: string
  /** Throws before `start` has resolved. */
  readonly services: AppServices
}

const DRAIN_LIMIT_MS = 3_500

/** Milliseconds over which tabs are sent away at a stop, if the configuration gives no more. */
const SEND_AWAY_MS = 1_000

/** One Tabseed server, wired in the order of `wiring/`. Several may run in one process; each has its own `config.data`. */
export function createApp(config: Config, options: AppOptions = {}): App {
  const log = options.log ?? createLog(config.logLevel)
  const shutdown = new Shutdown(STOP_ORDER)
  let running: { readonly url: string; readonly services: AppServices } | null = null
  let started: Promise<void> | null = null
  let stopped: Promise<void> | null = null
  let isStopping = false

  async function start(): Promise<void> {
    warnAtStart(config, log)
    const foundation = await openFoundation(config, log, shutdown)
    const holders = await openHolders(foundation, options)
    const registry = await openRegistry(foundation, holders)
    const parts = { ...foundation, ...holders, ...registry, options, isStopping: () => isStopping }
    const { locks, readiness, tracker } = parts
    const server = await openFront(parts)

    const { udpPort } = config
    if (udpPort !== undefined) {
      await startStep(`UDP port ${udpPort} (TABSEED_UDP_PORT)`, () => tracker.listenUdp(udpPort, config.host))
    }
    const listener = await Listener.listen(server, config)
    shutdown.on('draining', async () => {
      readiness.drain()
      const ms = config.drainSeconds * 1000
      await Promise.all([delay(ms), tracker.sendAway(Math.max(ms, SEND_AWAY_MS))])
    })
    shutdown.on('new connections', () => {
      isStopping = true
      listener.refuseNew()
    })
    shutdown.on('requests', () => listener.drain(options.drainLimitMs ?? DRAIN_LIMIT_MS))
    log.info({ port: listener.port, dev: config.dev }, 'listening')
    for (const lock of locks) lock.describe({ port: listener.port })

    // From here on this server writes: one that cannot listen leaves everything as it was.
    await startWriting(parts, listener.localUrl)
    running = { url: listener.localUrl, services: { ...parts, shareCache: parts.late.shareCache() } }
  }

  async function stop(): Promise<void> {
    // Its error is for whoever started it.
    await started?.catch(() => undefined)
    await shutdown.run()
  }

  function requireRunning() {
    if (running === null) throw new Error('the server has not started')
    return running
  }

  return {
    start() {
      started ??= start()
      return started
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
    get url() {
      return requireRunning().url
    },
    get services() {
      return requireRunning().services
    },
  }
}
