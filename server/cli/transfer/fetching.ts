import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { EXIT } from '../command.ts'
import { value, wholeNumber } from '../options.ts'
import { follow } from './swarm.ts'
import type { SwarmStatus } from './swarm-status.ts'

/** Option of every command that fetches. */
export const IDLE_OPTION = value(
  'Stop (exit code 3) when nothing arrives for this long.',
  'SECONDS',
  wholeNumber(1, 1_000_000),
)

/** Notices when no bytes arrive for a while. */
class IdleWatch {
  readonly #limitMs: number | null
  readonly #idle = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #bytes = -1

  /** `seconds`: null waits forever. */
  constructor(seconds: number | null) {
    this.#limitMs = seconds === null ? null : seconds * 1000
    this.#restart()
  }

  /** Aborted when nothing arrived for that long. */
  get signal(): AbortSignal {
    return this.#idle.signal
  }

  /** `bytes` have arrived so far. */
  note(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#bytes = bytes
    this.#restart()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #restart(): void {
    clearTimeout(this.#timer)
    if (this.#limitMs !== null) this.#timer = setTimeout(() => this.#idle.abort(), this.#limitMs)
  }
}

/** What a task that fetches gets. */
interface Fetching {
  /** Aborted with `signal`, or when nothing arrived for too long. */
  readonly until: AbortSignal
  /** Resolves with the last snapshot when all chosen files are complete; the idle limit ends then. */
  fetchAll(engine: SwarmEngine, infoHash: InfoHash, status: SwarmStatus): Promise<SwarmSnapshot>
}

/** The exit code of `task`, or `EXIT.incomplete` when nothing arrived for `idleSeconds`. Errors: those of `task`. */
export async function whileBytesCome(
  idleSeconds: number | undefined,
  signal: AbortSignal,
  task: (fetching: Fetching) => Promise<number>,
): Promise<number> {
  const idle = new IdleWatch(idleSeconds ?? null)
  const until = AbortSignal.any([signal, idle.signal])
  const fetchAll: Fetching['fetchAll'] = async (engine, infoHash, status) => {
    const show = (swarm: SwarmSnapshot) => {
      idle.note(swarm.downloaded)
      status.update(swarm)
    }
    const done = await follow(engine, infoHash, until, show, ({ state }) => state === 'done')
    status.finish(done)
    idle.end()
    return done
  }
  try {
    return await task({ until, fetchAll })
  } catch (reason) {
    if (signal.aborted || !idle.signal.aborted) throw reason
    process.stderr.write(
      `tabseed: nothing arrived for ${idleSeconds} s; run the same command again to continue\n`,
    )
    return EXIT.incomplete
  } finally {
    idle.end()
  }
}
