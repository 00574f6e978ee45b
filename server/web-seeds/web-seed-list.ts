import { AppError } from '../../lib/base/errors.ts'
import type { WebSeeds } from '../../lib/protocol/share.ts'
import { WEB_SEED_URL_MAX } from '../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { WebSeedRecord, WebSeedStore } from '../shares/web-seed-store.ts'
import { type Holder, publicHolders } from './files-elsewhere.ts'
import type { HostedShares } from './hosted-shares.ts'
import { probeWebSeed } from './probe.ts'
import { ProbeQueue } from './probe-queue.ts'
import { type NetworkPolicy, RetryLaterError } from './range-client.ts'

const HOUR_MS = 3_600_000
/** Time until the next check of a web seed that passed or failed; its `Retry-After` is respected up to a day. */
const CHECK_OK_MS = 6 * HOUR_MS
const CHECK_FAILED_MS = HOUR_MS
const RETRY_MAX_MS = 24 * HOUR_MS
/** How often due web seeds are checked, and how many at most each time. */
const ROUND_MS = 60_000
const ROUND_COUNT = 16

/** The address for which the regular checks queue. */
const REGULAR = ''

interface WebSeedListOptions extends NetworkPolicy {
  readonly shares: Pick<ShareStore, 'findTorrent'>
  readonly webSeeds: WebSeedStore
  readonly hosted: HostedShares
  /** Where shares are besides; null or left out: nowhere. */
  readonly bucket?: { has(infoHash: InfoHash): boolean } | null
  /** Seeders that are there and have all of a share; left out: none. */
  readonly holders?: (infoHash: InfoHash) => readonly Holder[]
  readonly metainfo: MetainfoReader
  /** Whether this node makes the regular checks, of several; left out: it does. */
  readonly leads?: (() => boolean) | undefined
  readonly log: Log
}

/** Web seeds of shares (BEP 19): the server's own, and those that owners added, which are checked again and again. */
export class WebSeedList {
  readonly #options: WebSeedListOptions
  readonly #timer: NodeJS.Timeout
  readonly #probes = new ProbeQueue()
  #isChecking = false

  constructor(options: WebSeedListOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.checkDue(new Date()).catch(reason => options.log.error({ err: reason }, 'web seeds not checked'))
    }, ROUND_MS).unref()
  }

  /** Base URLs to hand out: ours under `origin` where it leads to the whole share, those of seeders, then those that passed their last check. */
  async urls(infoHash: InfoHash, origin: string): Promise<readonly string[]> {
    const records = await this.#options.webSeeds.list(infoHash)
    const { bucket, holders, hosted } = this.#options
    const found = holders?.(infoHash) ?? []
    const isElsewhere = found.some(({ isOwn }) => !isOwn)
    const isHere = hosted.find(infoHash)?.complete || bucket?.has(infoHash) || isElsewhere
    const ours = isHere ? [origin] : []
    const seeders = [...ours, ...publicHolders(found, origin)].map(base => `${base}/w/${infoHash}/`)
    return [...seeders, ...records.filter(({ failure }) => failure === null).map(({ url }) => url)]
  }

  /** All web seeds that the owner added, with their state. */
  async list(infoHash: InfoHash): Promise<WebSeeds['webSeeds']> {
    return (await this.#options.webSeeds.list(infoHash)).map(describe)
  }

  /**
   * Replaces the web seeds of a share by `urls`, after a successful probe of each, for which `network` (`clientNetwork`) queues;
   * else nothing changes.
   * Errors: `share_not_found`, `web_seed_invalid`, `server_busy`, those of `probeWebSeed`; the detail names the URL.
   */
  async replace(infoHash: InfoHash, urls: readonly string[], network: string): Promise<WebSeeds['webSeeds']> {
    const metainfo = await this.#metainfo(infoHash)
    if (metainfo === undefined) throw new AppError('share_not_found')
    const bases = [...new Set(urls.map(url => baseUrl(url, metainfo.singleFile)))]
    const records = await Promise.all(
      bases.map(async url => {
        const { error, found } = await this.#probe(url, metainfo, network)
        if (error) throw new AppError(error.code, `${url} ${error.detail}`.trim())
        return { url, addedBy: 'owner' as const, ...found }
      }),
    )
    if (!(await this.#options.webSeeds.replace(infoHash, records))) throw new AppError('share_not_found')
    return records.map(describe)
  }

  /** Checks web seeds that are due at `now`. */
  async checkDue(now: Date): Promise<void> {
    if (this.#isChecking || this.#options.leads?.() === false) return
    this.#isChecking = true
    try {
      for (const { infoHash, url } of await this.#options.webSeeds.listDue(now, ROUND_COUNT)) {
        const metainfo = await this.#metainfo(infoHash)
        if (metainfo === undefined) continue
        const { error, found } = await this.#probe(url, metainfo, REGULAR)
        if (error) this.#options.log.info({ infoHash, code: error.code }, 'web seed failed')
        await this.#options.webSeeds.update(infoHash, url, found)
      }
    } finally {
      this.#isChecking = false
    }
  }

  /** Ends the regular checks. */
  close(): void {
    clearInterval(this.#timer)
  }

  async #metainfo(infoHash: InfoHash): Promise<PackedMetainfo | undefined> {
    const parts = await this.#options.shares.findTorrent(infoHash)
    return parts && this.#options.metainfo.packed({ infoBytes: parts.infoBytes })
  }

  /** Probes `url`: its new state, and the error if it failed. Errors: `server_busy`. */
  async #probe(url: string, metainfo: PackedMetainfo, network: string) {
    const error = await this.#probes.run(network, async () => {
      try {
        await probeWebSeed(url, metainfo, this.#options)
        return null
      } catch (reason) {
        if (reason instanceof AppError) return reason
        throw reason
      }
    })
    const retryAfter = error instanceof RetryLaterError ? Math.min(error.retryAfterMs, RETRY_MAX_MS) : 0
    const pause = error === null ? CHECK_OK_MS : Math.max(CHECK_FAILED_MS, retryAfter)
    const checkedAt = new Date()
    const checkAt = new Date(checkedAt.getTime() + pause)
    return { error, found: { failure: error?.code ?? null, checkedAt, checkAt } }
  }
}

/** The normal form of the URL `text`. Errors: `web_seed_invalid`. */
function baseUrl(text: string, singleFile: boolean): string {
  const refuse = (why: string) => new AppError('web_seed_invalid', `${text.slice(0, 100)} ${why}`)
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse('is not an http or https URL')
  if (url.username !== '' || url.password !== '')
    throw refuse('contains a user name or password, which every reader would see')
  if (url.href.includes('#')) throw refuse('has a fragment')
  // Only the complete URL of a single file may have a query, because nothing can be appended to it.
  if (url.href.includes('?') && (!singleFile || url.href.endsWith('/'))) throw refuse('has a query')
  if (url.href.length > WEB_SEED_URL_MAX) throw refuse('is too long')
  return url.href
}

function describe({ url, failure, checkedAt }: WebSeedRecord): WebSeeds['webSeeds'][number] {
  const state = failure === null ? 'ok' : 'failed'
  return { url, state, reason: failure, checkedAt: checkedAt.toISOString() }
}
