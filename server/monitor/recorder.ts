import { SerialQueue } from '../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { HistoryStore, Sample } from '../shares/history-store.ts'
import type { Tracker } from '../tracker/tracker.ts'

interface RecorderOptions {
  readonly tracker: Pick<Tracker, 'allSwarmStats'>
  readonly history: HistoryStore
  /** What all nodes count; null: another node records it. Left out where this server is alone. */
  readonly counted?: (() => Promise<readonly Sample[] | null>) | undefined
  readonly log: Log
}

const INTERVAL_MS = 5 * 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Samples are kept this long; those older than `FINE_MS` are thinned out. */
const RETENTION_MS = 30 * DAY_MS
const FINE_MS = 2 * DAY_MS

/** Records the state of swarms every five minutes; only of those that changed, because most do not. */
export class Recorder {
  readonly #options: RecorderOptions
  /** The last sample written of each swarm, as text. */
  #written = new Map<InfoHash, string>()
  #timer: NodeJS.Timeout | null = null
  #prunedAt = 0
  readonly #records = new SerialQueue()

  private constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Continues where an earlier run ended. */
  static async start(options: RecorderOptions): Promise<Recorder> {
    const recorder = new Recorder(options)
    for (const sample of await options.history.latest())
      recorder.#written.set(sample.infoHash, JSON.stringify(countsOf(sample)))
    recorder.#timer = setInterval(() => recorder.record(), INTERVAL_MS)
    return recorder
  }

  /** Records the state of swarms now; a failed write is logged. */
  record(): Promise<void> {
    return this.#records
      .add(() => this.#record(new Date()))
      .catch(error => this.#options.log.error({ err: error }, 'cannot write the history of shares'))
  }

  /** Records a last time; nothing is written afterwards. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.record()
  }

  *#local(): Generator<Sample> {
    for (const { bytes, complete, downloaded, incomplete, infoHash } of this.#options.tracker.allSwarmStats())
      yield { infoHash, complete, incomplete, completed: downloaded, bytes }
  }

  async #record(now: Date): Promise<void> {
    const { counted, history } = this.#options
    const samples = counted ? await counted() : this.#local()
    if (samples === null) return
    const changed: Sample[] = []
    const written = new Map<InfoHash, string>()
    for (const sample of samples) {
      const { infoHash } = sample
      const text = JSON.stringify(countsOf(sample))
      if (this.#written.get(infoHash) !== text) changed.push(sample)
      written.set(infoHash, text)
    }
    // A swarm that is gone has nobody in it now.
    for (const infoHash of this.#written.keys()) {
      if (written.has(infoHash)) continue
      changed.push({ infoHash, complete: 0, incomplete: 0, completed: 0, bytes: 0 })
    }
    await history.add(changed, now)
    this.#written = written
    if (now.getTime() - this.#prunedAt < HOUR_MS) return
    this.#prunedAt = now.getTime()
    await history.prune({
      thinBefore: new Date(now.getTime() - FINE_MS),
      forgetBefore: new Date(now.getTime() - RETENTION_MS),
    })
  }
}

const countsOf = ({ bytes, complete, completed, incomplete }: Sample) => [
  complete,
  incomplete,
  completed,
  bytes,
]
