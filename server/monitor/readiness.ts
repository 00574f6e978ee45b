import { statfs } from 'node:fs/promises'
import { AppError } from '../../lib/base/errors.ts'
import { systemReason } from '../base/system-reason.ts'
import { json, type Reply } from '../http/reply.ts'

/** Why the server is not ready. */
interface Problem {
  readonly part: 'server' | 'database' | 'migrations' | 'disk'
  /** For the operator, in English. */
  readonly reason: string
}

interface ReadinessOptions {
  /** The data directory. */
  readonly data: string
  /** Bytes that must be free on its disk. */
  readonly diskReserve: number
  /** Names of the migrations that the database lacks, or has and we do not know. Errors: the database's. */
  readonly strangeMigrations: () => Promise<readonly string[]>
}

/** Whoever asks more often gets the same answer. */
const FRESH_MS = 1_000

/**
 * Whether the server can do its work: what a load balancer asks before it sends somebody here. That it answers at all is
 * another question (`/healthz`).
 */
export class Readiness {
  readonly #options: ReadinessOptions
  #isDraining = false
  #looked: { readonly at: number; readonly problems: Promise<readonly Problem[]> } | null = null

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** From now on it is not ready: it is about to stop. */
  drain(): void {
    this.#isDraining = true
  }

  /** `GET /readyz`: 200, or 503 with every problem. */
  async reply(): Promise<Reply> {
    const problems = await this.#problems()
    const isReady = problems.length === 0
    const body = { status: isReady ? 'ready' : 'not_ready', problems }
    return json(isReady ? 200 : 503, body, isReady ? {} : { 'retry-after': '5' })
  }

  /** For metrics. */
  async isReady(): Promise<boolean> {
    return (await this.#problems()).length === 0
  }

  async #problems(): Promise<readonly Problem[]> {
    const now = performance.now()
    if (this.#looked === null || now - this.#looked.at >= FRESH_MS) {
      this.#looked = { at: now, problems: this.#look() }
    }
    const found = await this.#looked.problems
    return this.#isDraining ? [{ part: 'server', reason: 'it is about to stop' }, ...found] : found
  }

  async #look(): Promise<readonly Problem[]> {
    return (await Promise.all([this.#databaseProblems(), this.#diskProblems()])).flat()
  }

  async #databaseProblems(): Promise<readonly Problem[]> {
    try {
      const strange = await this.#options.strangeMigrations()
      if (strange.length === 0) return []
      return [{ part: 'migrations', reason: `the schema of the database differs by ${strange.join(', ')}` }]
    } catch (reason) {
      const isAway = reason instanceof AppError && reason.code === 'database_away'
      return [{ part: 'database', reason: isAway ? 'it cannot be reached' : systemReason(reason) }]
    }
  }

  async #diskProblems(): Promise<readonly Problem[]> {
    const { data, diskReserve } = this.#options
    try {
      const { bavail, bsize } = await statfs(data)
      if (bavail * bsize >= diskReserve) return []
      return [
        { part: 'disk', reason: 'less than TABSEED_DISK_RESERVE is free on the disk of the data directory' },
      ]
    } catch (reason) {
      return [{ part: 'disk', reason: systemReason(reason) }]
    }
  }
}
