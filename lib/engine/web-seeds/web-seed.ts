import { debug } from '../../base/debug.ts'
import { RateMeter } from '../../base/rate-meter.ts'
import type { TokenBuckets } from '../../base/token-bucket.ts'
import { pieceSize } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { segmentsOf } from '../../torrent/segments.ts'
import type { BanList } from '../schedule/ban-list.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import { type Claim, type Claimant, UNPROVEN_LATE_MS } from '../schedule/web-seed-claims.ts'
import type { WebSeedSnapshot } from '../view/snapshot.ts'
import { PieceAssembler } from './piece-assembler.ts'
import { ServerBackOff } from './server-back-off.ts'
import type { WebSeedScope } from './web-seed-policy.ts'
import { planRequests } from './web-seed-requests.ts'
import { fetchRange, WebSeedError, type WebSeedFault } from './web-seed-source.ts'

const log = debug('engine:web-seeds')

/** Most requests to one server at a time, and most bytes of their current pieces in memory; one more for urgent pieces. */
const RUNS_MAX = 3
const RUNS_MAX_BYTES = 32 * 1024 * 1024

/** One request is for about a second at the server's rate: each costs a few milliseconds of the tab's time. */
const RUN_MIN_BYTES = 4 * 1024 * 1024
const RUN_MAX_BYTES = 16 * 1024 * 1024

/** A response that broke off after this many bytes is continued at once; after fewer, the server is left to back off. */
const RESUME_MIN_BYTES = 64 * 1024

/** A server that has sent as much is one that sends: until then it gets a single request. */
const PROVEN_BYTES = 16 * 1024

/** A server is given up after this many consecutive files that it does not have as expected. */
const FILES_REFUSED_MAX = 8

interface WebSeedOptions {
  readonly url: string
  readonly metainfo: Metainfo
  readonly scheduler: Scheduler
  readonly limit: TokenBuckets
  readonly banList: BanList
  /** The next snapshot would differ. */
  readonly onChange: () => void
  /** A request has ended: there is room for the next. */
  readonly onRoom: () => void
}

/** One web seed of a running swarm: its requests, and its failures. */
export class WebSeed implements Claimant {
  readonly #options: WebSeedOptions
  readonly #runs = new Map<Claim, AbortController>()
  readonly #runsMax: number
  readonly #backOff = new ServerBackOff()
  readonly #meter = new RateMeter()
  /** Pieces that are still being written. */
  readonly #writes = new Set<Promise<void>>()
  /** Files that it does not have as expected. */
  readonly #refused = new Set<number>()
  #refusedInARow = 0
  #downloaded = 0
  /** Why it last failed, and whether that is permanent. */
  #fault: WebSeedFault | null = null
  #failed = false

  constructor(options: WebSeedOptions) {
    this.#options = options
    const { banList, metainfo, url } = options
    this.#runsMax = Math.max(1, Math.min(RUNS_MAX, Math.floor(RUNS_MAX_BYTES / metainfo.pieceLength)))
    if (!isUsable(url)) this.#giveUp('bad_url')
    if (banList.isBanned(url)) this.#giveUp('false_pieces')
  }

  get active(): boolean {
    return this.#runs.size > 0
  }

  /** Bytes received so far. */
  get downloaded(): number {
    return this.#downloaded
  }

  get proven(): boolean {
    return this.#downloaded >= PROVEN_BYTES
  }

  get isGivenUp(): boolean {
    return this.#failed
  }

  /** False while it is of no use: given up, or left alone after a failure. `now` as in `fill`. */
  isOpen(now: number): boolean {
    return !this.#failed && this.#backOff.wait(now) === 0
  }

  /** Start as many requests as there is room for. `now` in milliseconds of `performance.now()`. */
  fill(scope: WebSeedScope, now: number): void {
    const { limit, onRoom, scheduler } = this.#options
    const { claims } = scheduler
    for (const [claim, run] of this.#runs) if (!claims.isNeeded(claim)) run.abort()
    // A server that failed, or sent nothing yet, is tried with a single request.
    const isTried = this.#backOff.failures > 0 || !this.proven
    const most = isTried ? 0 : this.#runsMax
    const accepts = (piece: number) => this.#accepts(piece)
    while (!this.#failed && this.#runs.size <= most && scheduler.hasRoom) {
      if (this.#backOff.wait(now) > 0 || limit.wait(now) > 0) return
      const urgent = !isTried && this.#runs.size === most
      const claim = claims.take({ by: this, scope, accepts, urgent, runBytes: this.#runBytes }, now)
      if (!claim) return
      // Others may take over then.
      if (!this.proven) setTimeout(onRoom, UNPROVEN_LATE_MS + 10)
      this.#run(claim).catch(reason => this.#giveUp('unreachable', reason))
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
    log('fetching', { url: this.#options.url, first: claim.first, count: claim.count })
    onChange()
    try {
      await this.#fetch(claim, run.signal)
    } catch (reason) {
      if (!run.signal.aborted) this.#onFailure(reason)
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
    const pieces = new PieceAssembler(metainfo, first, (piece, bytes) => this.#keep(piece, bytes))
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
            const permanent = reason instanceof WebSeedError && !reason.temporary
            if (permanent) this.#refuse(request.file)
            throw reason
          })
        }
        pieces.skipTo(end)
        return
      } catch (reason) {
        const resumable = reason instanceof WebSeedError && reason.temporary && reason.fault !== 'busy'
        if (!resumable || pieces.at - from < RESUME_MIN_BYTES) throw reason
      }
    }
  }

  /** Count received bytes; returns a promise while a limit or a slow disk makes the transfer wait. */
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
    const { banList, scheduler, url } = this.#options
    this.#backOff.succeed()
    this.#refusedInARow = 0
    const write = scheduler.keepClaimed(piece, bytes, () => {
      if (banList.reportBadPiece(new Set([url])) !== null) this.#giveUp('false_pieces')
    })
    this.#writes.add(write)
    const written = () => this.#writes.delete(write)
    // What the store could not do, the scheduler has reported.
    write.then(written, written)
  }

  #onFailure(reason: unknown): void {
    if (!(reason instanceof WebSeedError)) throw reason
    this.#fault = reason.fault
    log('failed', { url: this.#options.url, fault: reason.fault, why: reason.cause })
    if (reason.temporary) {
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

  #giveUp(fault: WebSeedFault, why?: unknown): void {
    log('given up', { url: this.#options.url, fault, why })
    this.#failed = true
    this.#fault = fault
    this.stop()
    this.#options.onChange()
  }
}

/** True for a URL that a page may fetch: http or https, without user name and password. */
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
