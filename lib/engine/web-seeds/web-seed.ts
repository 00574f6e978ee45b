import { RateMeter } from '../../base/rate-meter.ts'
import type { TokenBuckets } from '../../base/token-bucket.ts'
import { pieceSize } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { segmentsOf } from '../../torrent/segments.ts'
import { BackOff } from '../back-off.ts'
import type { Blame } from '../schedule/ban-list.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import type { Claim } from '../schedule/web-seed-claims.ts'
import type { WebSeedSnapshot } from '../view/snapshot.ts'
import type { WebSeedScope } from '../web-seed-policy.ts'
import { PieceRun } from './piece-assembler.ts'
import { planRequests } from './web-seed-requests.ts'
import { fetchRange, WebSeedError, type WebSeedFault } from './web-seed-source.ts'

/**
 * Requests to one server at a time, and the bytes of the pieces they are at, which are in memory; one more for what
 * somebody waits for.
 */
const RUNS_MAX = 3
const RUNS_MAX_BYTES = 32 * 1024 * 1024

/** One request is for about a second of what the server sends: each costs a few milliseconds of the tab's time. */
const RUN_MIN_BYTES = 4 * 1024 * 1024
const RUN_MAX_BYTES = 16 * 1024 * 1024

/** An answer that broke off after so many bytes is gone on with at once; after fewer, the server is left alone. */
const RESUME_MIN_BYTES = 64 * 1024

/** So many files in a row that it does not have as they should be: it is given up. */
const FILES_REFUSED_MAX = 8

interface WebSeedOptions {
  readonly url: string
  readonly metainfo: Metainfo
  readonly scheduler: Scheduler
  readonly limit: TokenBuckets
  readonly blame: Blame
  /** What the snapshot says is another thing now. */
  readonly onChange: () => void
  /** A run is over: there is room for the next. */
  readonly onRoom: () => void
}

/** One web seed of a swarm that runs: what it is asked for, and how it behaves. */
export class WebSeed {
  readonly #options: WebSeedOptions
  readonly #runs = new Map<Claim, AbortController>()
  readonly #runsMax: number
  readonly #backOff = new BackOff()
  readonly #meter = new RateMeter()
  /** Pieces that the store has not taken yet. */
  readonly #writes = new Set<Promise<void>>()
  /** Files that it does not have as they should be. */
  readonly #refused = new Set<number>()
  #refusedInARow = 0
  #downloaded = 0
  /** Why it last failed, and whether that is for good. */
  #fault: WebSeedFault | null = null
  #failed = false

  constructor(options: WebSeedOptions) {
    this.#options = options
    const { blame, metainfo, url } = options
    this.#runsMax = Math.max(1, Math.min(RUNS_MAX, Math.floor(RUNS_MAX_BYTES / metainfo.pieceLength)))
    if (!isUsable(url)) this.#giveUp('bad_url')
    if (blame.isBanned(url)) this.#giveUp('false_pieces')
  }

  get active(): boolean {
    return this.#runs.size > 0
  }

  /** Begin as many runs as there is room for. `now` in milliseconds of `performance.now()`. */
  fill(scope: WebSeedScope, now: number): void {
    const { limit, scheduler, url } = this.#options
    const { claims } = scheduler
    for (const [claim, run] of this.#runs) if (!claims.isNeeded(claim)) run.abort()
    // One that failed is tried with one request.
    const most = this.#backOff.failures > 0 ? 1 : this.#runsMax
    const accepts = (piece: number) => this.#accepts(piece)
    while (!this.#failed && this.#runs.size <= most && scheduler.hasRoom) {
      if (this.#backOff.wait(now) > 0 || limit.wait(now) > 0) return
      const urgent = this.#runs.size === most
      const claim = claims.take({ by: url, scope, accepts, urgent, runBytes: this.#runBytes }, now)
      if (!claim) return
      void this.#run(claim)
    }
  }

  stop(): void {
    for (const run of this.#runs.values()) run.abort()
  }

  snapshot(now: number): WebSeedSnapshot {
    this.#meter.update(this.#downloaded, now)
    const waiting = this.#backOff.wait(now) > 0
    return {
      url: this.#options.url,
      state: this.#failed ? 'failed' : this.active ? 'active' : waiting ? 'waiting' : 'idle',
      fault: this.#failed || waiting ? this.#fault : null,
      downloaded: this.#downloaded,
      downloadRate: this.active ? this.#meter.rate() : 0,
    }
  }

  get #runBytes(): number {
    const second = Math.min(RUN_MAX_BYTES, Math.max(RUN_MIN_BYTES, this.#meter.rate()))
    return 2 ** Math.floor(Math.log2(second))
  }

  async #run(claim: Claim): Promise<void> {
    const { onChange, onRoom, scheduler } = this.#options
    const run = new AbortController()
    this.#runs.set(claim, run)
    onChange()
    try {
      await this.#fetch(claim, run.signal)
    } catch (reason) {
      if (!run.signal.aborted) this.#heed(reason)
    } finally {
      this.#runs.delete(claim)
      scheduler.claims.release(claim)
    }
    onChange()
    onRoom()
  }

  async #fetch({ count, first }: Claim, signal: AbortSignal): Promise<void> {
    const { metainfo, url } = this.#options
    const end = Math.min((first + count) * metainfo.pieceLength, metainfo.length)
    const pieces = new PieceRun(metainfo, first, (piece, bytes) => this.#keep(piece, bytes))
    const onBytes = (bytes: Uint8Array) => {
      pieces.put(bytes)
      return this.#take(bytes.length, signal)
    }
    for (;;) {
      const from = pieces.at
      try {
        for (const request of planRequests(metainfo, url, from, end)) {
          pieces.skipTo(request.start)
          await fetchRange(request, { signal, onBytes }).catch(reason => {
            const isForGood = reason instanceof WebSeedError && !reason.passes
            if (isForGood) this.#refuse(request.file)
            throw reason
          })
        }
        pieces.skipTo(end)
        return
      } catch (reason) {
        const goesOn = reason instanceof WebSeedError && reason.passes && reason.fault !== 'busy'
        if (!goesOn || pieces.at - from < RESUME_MIN_BYTES) throw reason
      }
    }
  }

  /** Counts bytes that came; the limits, or a slow disk, may want a wait. */
  #take(length: number, signal: AbortSignal): Promise<void> | void {
    const { limit, onChange, scheduler } = this.#options
    const now = performance.now()
    this.#downloaded += length
    this.#meter.update(this.#downloaded, now)
    onChange()
    limit.take(length)
    if (limit.wait(now) > 0) return this.#waitForLimit(signal)
    if (!scheduler.hasRoom && this.#writes.size > 0) return Promise.race(this.#writes)
  }

  async #waitForLimit(signal: AbortSignal): Promise<void> {
    for (;;) {
      const wait = this.#options.limit.wait(performance.now())
      if (wait <= 0 || signal.aborted) return
      await pause(wait, signal)
    }
  }

  #keep(piece: number, bytes: Uint8Array<ArrayBuffer>): void {
    const { blame, scheduler, url } = this.#options
    this.#backOff.succeed()
    this.#refusedInARow = 0
    const write = scheduler.keepClaimed(piece, bytes, () => {
      if (blame.falsePiece(new Set([url])) !== null) this.#giveUp('false_pieces')
    })
    this.#writes.add(write)
    void write.then(() => this.#writes.delete(write))
  }

  #heed(reason: unknown): void {
    if (!(reason instanceof WebSeedError)) throw reason
    this.#fault = reason.fault
    if (reason.passes) {
      this.#backOff.fail(performance.now(), reason.retryAfter)
      return
    }
    const { files } = this.#options.metainfo
    const hasMore = files.some(
      ({ length, padding }, index) => length > 0 && !padding && !this.#refused.has(index),
    )
    if (!hasMore || this.#refusedInARow >= FILES_REFUSED_MAX) this.#giveUp(reason.fault)
  }

  #refuse(file: number): void {
    if (this.#refused.has(file)) return
    this.#refused.add(file)
    this.#refusedInARow++
  }

  #accepts(piece: number): boolean {
    if (this.#refused.size === 0) return true
    const { metainfo } = this.#options
    const start = piece * metainfo.pieceLength
    const segments = segmentsOf(metainfo.files, start, start + pieceSize(metainfo, piece))
    return !segments.some(({ file }) => this.#refused.has(file))
  }

  #giveUp(fault: WebSeedFault): void {
    this.#failed = true
    this.#fault = fault
    this.stop()
    this.#options.onChange()
  }
}

/** An address that a page may fetch: no scheme but http and https, no user name. */
function isUsable(url: string): boolean {
  const { password, protocol, username } = URL.parse(url) ?? {}
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
