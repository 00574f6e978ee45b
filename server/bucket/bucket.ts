import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { BucketShare, BucketStore } from '../shares/bucket/bucket-store.ts'
import type { HostedShares } from '../web-seeds/hosted-shares.ts'
import { auditBucket } from './audit.ts'
import { Health } from './health.ts'
import { keyOf } from './keys.ts'
import { BucketError, type Objects } from './objects.ts'
import { removeShare } from './removal.ts'
import { Uploads } from './uploads.ts'

const TICK_MS = 2_000
const PROBE_MS = 10_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Changes are read again for so long: the clocks of nodes differ, and a change is visible when its transaction ends. */
const OVERLAP_MS = 2 * MINUTE_MS
/** For so long a link to an object that only we may read is valid. */
const LINK_SECONDS = 600

/** Shares of which this server has everything. */
export interface CompleteShares extends HostedShares {
  complete(): Iterable<InfoHash>
}

export interface BucketOptions {
  readonly objects: Objects
  readonly store: BucketStore
  /** Where everybody may read the objects, without a slash at the end; undefined: only with our signature. */
  readonly publicUrl: string | undefined
  /** Null while no seeder runs here. */
  readonly shares: () => CompleteShares | null
  /** Names this node in the database. */
  readonly node: () => string
  /** Whether this node does what one of all does. */
  readonly leads: () => boolean
  readonly log: Log
  /** Left out: a minute. */
  readonly retryMaxMs?: number
  /** From one comparison of the bucket with the database to the next; left out: a day. */
  readonly auditMs?: number
}

/**
 * Copies of shares in a bucket: what the seeder has completely is uploaded, and what is no share any more is removed, also when the bucket,
 * the database or this server was away at that moment. The database says what may be in there, and is written first.
 */
export class Bucket {
  readonly #options: BucketOptions
  readonly #health: Health
  readonly #uploads: Uploads
  readonly #ended = new AbortController()
  /** Everything that is, or may be, in the bucket. */
  readonly #shares = new Map<InfoHash, BucketShare>()
  /** Shares that are to go; true once the database knows. */
  readonly #leaving = new Map<InfoHash, boolean>()
  /** What runs, by name. */
  readonly #rounds = new Map<string, Promise<void>>()
  readonly #strays = new Set<InfoHash>()
  #timer: NodeJS.Timeout | undefined
  /** The last upload failed: that the bucket answers does not mean that it takes anything. */
  #takesNothing = false
  #isTroubled = false
  #sent = 0
  #redirects = 0
  /** When something was last done, of the wall clock in milliseconds. */
  readonly #doneAt = { read: 0, probe: 0, sweep: 0, audit: 0 }

  private constructor(options: BucketOptions) {
    this.#options = options
    this.#health = new Health(options.log, options.retryMaxMs)
    const onSent = (bytes: number) => {
      this.#sent += bytes
      this.#takesNothing = false
      this.#health.succeeded()
    }
    this.#uploads = new Uploads({ ...options, onSent })
  }

  /** Reads what is in the bucket; call `start` when it may be changed. Errors: those of the database. */
  static async open(options: BucketOptions): Promise<Bucket> {
    const bucket = new Bucket(options)
    await bucket.#read()
    return bucket
  }

  /** From now on the bucket is kept up to date. */
  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  /** Whether all of a share is there. */
  has(infoHash: InfoHash): boolean {
    return this.#shares.get(infoHash)?.state === 'there'
  }

  /** Of a share of which all is there, and can be fetched now; null: it is not. */
  bytesOf(infoHash: InfoHash): number | null {
    const share = this.#shares.get(infoHash)
    return share?.state === 'there' && !this.isAway ? share.bytes : null
  }

  /** The bucket does not do what it is asked for. */
  get isAway(): boolean {
    return this.#health.isAway
  }

  /** Shares of which all is there. */
  *complete(): Generator<InfoHash> {
    for (const { infoHash, state } of this.#shares.values()) if (state === 'there') yield infoHash
  }

  /** Sums over all shares, in bytes; what was sent and how often readers were sent there since this process began. */
  totals() {
    const of = (state: BucketShare['state']) =>
      [...this.#shares.values()].filter(share => share.state === state)
    const there = of('there')
    return {
      away: this.isAway,
      complete: there.length,
      uploading: of('uploading').length,
      removing: of('removing').length,
      bytes: there.reduce((sum, { bytes }) => sum + bytes, 0),
      sent: this.#sent,
      redirects: this.#redirects,
    }
  }

  /** Where the file at `index` of a share that is there is fetched with `method`. */
  async linkTo(infoHash: InfoHash, index: number, method: 'GET' | 'HEAD'): Promise<string> {
    const { objects, publicUrl } = this.#options
    const key = keyOf(infoHash, index)
    this.#redirects += 1
    return publicUrl === undefined ? objects.signedUrl(key, method, LINK_SECONDS) : `${publicUrl}/${key}`
  }

  /** A share must go: nobody is sent there from now on, and what is there is removed as soon as that can be. Errors: those of the database, which is asked again. */
  async remove(infoHash: InfoHash): Promise<void> {
    this.#shares.delete(infoHash)
    this.#leaving.set(infoHash, false)
    await this.#uploads.stop(infoHash)
    await this.#leave(infoHash)
    this.#tick()
  }

  /** The same of a share that is not published any more, for whoever cannot wait: what is not found here the sweep finds. */
  drop(infoHash: InfoHash): void {
    if (!this.#shares.has(infoHash) && this.#uploads.current !== infoHash) return
    this.remove(infoHash).catch(reason => this.#trouble(reason))
  }

  /** Ends what runs; an upload goes on after the next start. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#ended.abort()
    await Promise.all(this.#rounds.values())
    this.#options.objects.close()
  }

  #tick(): void {
    this.#round('upkeep', () => this.#keepUp())
    this.#round('uploads', () => this.#upload())
  }

  /** Runs `work` unless it runs already. */
  #round(name: string, work: () => Promise<void>): void {
    const { signal } = this.#ended
    if (this.#timer === undefined || this.#rounds.has(name) || signal.aborted || !this.#health.mayAsk) return
    const round = work()
      .then(() => {
        this.#isTroubled = false
      })
      .catch(reason => {
        if (reason instanceof BucketError) this.#health.failed(reason.message)
        else if (!signal.aborted) this.#trouble(reason)
      })
      .finally(() => this.#rounds.delete(name))
    this.#rounds.set(name, round)
  }

  /** The database, mostly: one line until all is well again. */
  #trouble(reason: unknown): void {
    if (!this.#isTroubled) this.#options.log.error({ err: reason }, 'the bucket is not kept up to date')
    this.#isTroubled = true
  }

  async #keepUp(): Promise<void> {
    const { objects } = this.#options
    await this.#read()
    if (this.isAway || this.#isDue('probe', PROBE_MS)) await objects.probe(this.#ended.signal)
    await this.#sweep()
    for (const share of [...this.#shares.values()]) if (this.#removesHere(share)) await this.#removeNow(share)
    if (!this.#takesNothing) this.#health.succeeded()
  }

  /** Takes over what this and other nodes changed. */
  async #read(): Promise<void> {
    const { store } = this.#options
    for (const [infoHash, isKnown] of this.#leaving) if (!isKnown) await this.#leave(infoHash)
    const left = [...this.#leaving].filter(([, isKnown]) => isKnown)
    const now = Date.now()
    const rows = await store.changed(new Date(this.#doneAt.read - OVERLAP_MS))
    for (const row of rows) {
      const isOld = this.#leaving.has(row.infoHash) && (row.state === 'there' || row.state === 'uploading')
      if (row.state === 'gone' || isOld) this.#shares.delete(row.infoHash)
      else this.#shares.set(row.infoHash, row)
    }
    this.#doneAt.read = now
    for (const [infoHash] of left) this.#leaving.delete(infoHash)
  }

  async #leave(infoHash: InfoHash): Promise<void> {
    await this.#options.store.remove(infoHash, new Date())
    if (this.#leaving.has(infoHash)) this.#leaving.set(infoHash, true)
  }

  /** What is left over for any reason goes too. */
  async #sweep(): Promise<void> {
    const { auditMs = DAY_MS, leads, log, objects, store } = this.#options
    if (!leads()) return
    if (this.#isDue('sweep', MINUTE_MS)) {
      const now = Date.now()
      await store.removeUnpublished(new Date(now - DAY_MS), new Date(now))
      await store.prune(new Date(now - HOUR_MS))
      await this.#read()
    }
    if (!this.#isDue('audit', auditMs)) return
    await auditBucket({ objects, store, log, strays: this.#strays, signal: this.#ended.signal })
  }

  /**
   * Who uploaded a share removes it, as it knows that nothing is on its way any more. If that is a seeder on another machine, or is gone, the
   * node that leads does: at once where all was there, else when whoever uploads has heard of it.
   */
  #removesHere({ changedAt, node, objects, state }: BucketShare): boolean {
    if (state !== 'removing') return false
    if (node === this.#options.node()) return true
    const isQuiet = node === '' || objects > 0 || Date.now() - changedAt.getTime() > MINUTE_MS
    return this.#options.leads() && isQuiet
  }

  async #removeNow(share: BucketShare): Promise<void> {
    const { log, objects, store } = this.#options
    const { infoHash } = share
    await this.#uploads.stop(infoHash)
    await removeShare(objects, share, this.#ended.signal)
    await store.gone(infoHash, new Date())
    this.#shares.delete(infoHash)
    log.info({ infoHash }, 'share removed from the bucket')
  }

  async #upload(): Promise<void> {
    const { store } = this.#options
    const shares = this.#options.shares()
    try {
      for (const infoHash of shares?.complete() ?? []) {
        const state = this.#shares.get(infoHash)?.state
        if (state === 'there' || state === 'removing' || this.#leaving.has(infoHash)) continue
        const share = this.#uploads.mayTry(infoHash) ? shares?.find(infoHash) : null
        if (!share?.complete || !(await this.#uploads.run(share, this.#ended.signal))) continue
        const row = await store.find(infoHash)
        if (row && !this.#leaving.has(infoHash)) this.#shares.set(infoHash, row)
      }
      this.#takesNothing = false
    } catch (reason) {
      if (reason instanceof BucketError) this.#takesNothing = true
      throw reason
    }
  }

  #isDue(what: 'probe' | 'sweep' | 'audit', ms: number): boolean {
    const now = Date.now()
    if (now - this.#doneAt[what] < ms) return false
    this.#doneAt[what] = now
    return true
  }
}
