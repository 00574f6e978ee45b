import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Log } from '../../base/log.ts'
import type { SeederOptions } from '../process/seeder.ts'
import type { FromProcess, FromSeeder, ToProcess } from './messages.ts'
import type { SeederLink } from './seeder-link.ts'

const RESTART_MIN_MS = 1_000
const RESTART_MAX_MS = 60_000
/** One that ran for so long did not fail at its start: the next one comes at once. */
const STEADY_MS = 60_000
const STOP_LIMIT_MS = 3_000
const WATCH_INTERVAL_MS = 15_000

interface Options {
  readonly seeder: SeederOptions
  /** With TURN credentials that are good from now on; they are good for a minute at least. */
  readonly iceServers: () => readonly RTCIceServer[]
  /** Resident bytes above which it is ended and started anew. */
  readonly memoryMax: number
  readonly log: Log
  readonly heed: (message: FromSeeder) => void
}

/** The seeder's process: started, watched, and started again when it ends by itself. */
export class SeederProcess implements SeederLink {
  /** It comes back in a moment. */
  readonly isAway = false
  readonly #options: Options
  #child: ChildProcess | null = null
  #stopping = false
  #delay = RESTART_MIN_MS
  #restart: ReturnType<typeof setTimeout> | null = null

  constructor(options: Options) {
    this.#options = options
    this.#start()
  }

  tell(message: ToProcess): void {
    if (this.#child?.connected) this.#child.send(message)
  }

  /** Ask it to end, and end it when it takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#restart) clearTimeout(this.#restart)
    const child = this.#child
    if (!child) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    this.tell({ do: 'stop' })
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(cut)
  }

  #start(): void {
    const { heed, iceServers, log, memoryMax, seeder } = this.#options
    const startedAt = performance.now()
    const child = fork(join(import.meta.dirname, 'process.ts'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    const watch = setInterval(() => {
      this.tell({ do: 'measure' })
      this.tell({ do: 'ice', iceServers: iceServers() })
    }, WATCH_INTERVAL_MS)
    // A message to a process that ends just now.
    child.on('error', () => undefined)
    child.on('message', (message: FromProcess) => {
      if (message.told === 'memory') {
        if (message.bytes <= memoryMax) return
        log.warn({ bytes: message.bytes, memoryMax }, 'the seeder takes too much memory and is started anew')
        child.kill('SIGKILL')
        return
      }
      if (message.told === 'ready') log.info({ port: message.port, seederPid: child.pid }, 'seeder listening')
      heed(message)
    })
    child.once('exit', (code, signal) => {
      clearInterval(watch)
      this.#child = null
      if (this.#stopping) return
      if (performance.now() - startedAt > STEADY_MS) this.#delay = RESTART_MIN_MS
      log.error({ code, signal, againInMs: this.#delay }, 'the seeder ended and is started again')
      this.#restart = setTimeout(() => this.#start(), this.#delay)
      this.#delay = Math.min(RESTART_MAX_MS, 2 * this.#delay)
    })
    const network = { ...seeder.network, iceServers: iceServers() }
    this.tell({ do: 'start', options: { ...seeder, network } })
  }
}
