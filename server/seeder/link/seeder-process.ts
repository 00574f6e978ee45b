import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { BackOff } from '../../../lib/base/back-off.ts'
import type { Log } from '../../base/log.ts'
import type { FromProcess, FromSeeder, SeederOptions, ToProcess } from './messages.ts'
import type { SeederLink } from './seeder-link.ts'

const RESTART_MIN_MS = 1_000
const RESTART_MAX_MS = 60_000
/** A process that ran this long did not fail at its start: the next restart is quick. */
const STEADY_MS = 60_000
const STOP_LIMIT_MS = 3_000
const WATCH_INTERVAL_MS = 15_000

interface Options {
  readonly seeder: SeederOptions
  /** With TURN credentials that are valid from now on, for at least a minute. */
  readonly iceServers: () => readonly RTCIceServer[]
  /** Resident bytes above which the process is restarted. */
  readonly memoryMax: number
  readonly log: Log
  readonly onMessage: (message: FromSeeder) => void
}

/** The seeder's process: started, watched, and restarted when it ends by itself. */
export class SeederProcess implements SeederLink {
  /** False also while it restarts, which takes a moment. */
  readonly isAway = false
  readonly #options: Options
  #child: ChildProcess | null = null
  #stopping = false
  readonly #backOff = new BackOff({ firstMs: RESTART_MIN_MS, maxMs: RESTART_MAX_MS })
  #restart: ReturnType<typeof setTimeout> | null = null

  constructor(options: Options) {
    this.#options = options
    this.#start()
  }

  send(message: ToProcess): void {
    if (this.#child?.connected) this.#child.send(message)
  }

  /** Ask the process to end; kill it after `STOP_LIMIT_MS`. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#restart) clearTimeout(this.#restart)
    const child = this.#child
    if (!child) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    this.send({ do: 'stop' })
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(cut)
  }

  #start(): void {
    const { onMessage, iceServers, log, memoryMax, seeder } = this.#options
    const startedAt = performance.now()
    const child = fork(join(import.meta.dirname, '../process/main.ts'), [], {
      env: seederEnvironment(process.env),
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    const watch = setInterval(() => {
      this.send({ do: 'measure' })
      this.send({ do: 'ice', iceServers: iceServers() })
    }, WATCH_INTERVAL_MS)
    // A message was sent to a process that is ending.
    child.on('error', () => undefined)
    child.on('message', (message: FromProcess) => {
      if (message.report === 'memory') {
        if (message.bytes <= memoryMax) return
        log.warn({ bytes: message.bytes, memoryMax }, 'the seeder takes too much memory and is restarted')
        child.kill('SIGKILL')
        return
      }
      if (message.report === 'ready')
        log.info({ port: message.port, seederPid: child.pid }, 'seeder listening')
      onMessage(message)
    })
    child.once('exit', (code, signal) => {
      clearInterval(watch)
      this.#child = null
      if (this.#stopping) return
      if (performance.now() - startedAt > STEADY_MS) this.#backOff.reset()
      const delay = Math.round(this.#backOff.next())
      log.error({ code, signal, againInMs: delay }, 'the seeder ended and is restarted')
      this.#restart = setTimeout(() => this.#start(), delay)
    })
    const network = { ...seeder.network, iceServers: iceServers() }
    this.send({ do: 'start', options: { ...seeder, network } })
  }
}

/**
 * The environment of the seeder, which takes bytes from strangers: without our settings, which hold the keys of operator and TURN server. What it needs of them comes by message.
 */
export function seederEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith('TABSEED_') || name === 'TABSEED_DEBUG',
  )
  return Object.fromEntries(kept) as NodeJS.ProcessEnv
}
