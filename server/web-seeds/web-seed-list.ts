import { AppError } from '../../lib/base/errors.ts'
import { WEB_SEED_URL_MAX, type WebSeeds } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { encodeTorrent, type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import type { Log } from '../base/log.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { WebSeedRecord, WebSeedStore } from '../shares/web-seed-store.ts'
import type { HeldShares } from './hosted-shares.ts'
import { probeWebSeed } from './probe.ts'
import { type NetworkPolicy, RetryLaterError } from './range-client.ts'

const HOUR_MS = 3_600_000
/** When a web seed is looked at again that was right, or was not; what it asks for itself counts up to a day. */
const CHECK_OK_MS = 6 * HOUR_MS
const CHECK_FAILED_MS = HOUR_MS
const RETRY_MAX_MS = 24 * HOUR_MS
/** How often we look which are due, and how many are taken at a time. */
const LOOK_MS = 60_000
const LOOK_COUNT = 16

/** Most probes at a time, and most that wait for their turn: each may fetch three pieces. */
const PROBES_MAX = 4
const WAITING_MAX = 32

interface WebSeedListOptions extends NetworkPolicy {
  readonly shares: Pick<ShareStore, 'findTorrent'>
  readonly webSeeds: WebSeedStore
  readonly held: HeldShares
  readonly log: Log
}

/** Where shares can be had over HTTP: from us, and from the web seeds their owners added, as far as those are right. */
export class WebSeedList {
  readonly #options: WebSeedListOptions
  readonly #timer: NodeJS.Timeout
  readonly #waiting: (() => void)[] = []
  #probes = 0
  #looking = false

  constructor(options: WebSeedListOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.checkDue(new Date()).catch(reason => options.log.error({ err: reason }, 'web seeds not checked'))
    }, LOOK_MS).unref()
  }

  /** Base URLs to hand out: ours under `origin` when we hold the whole share, then those that were right when last seen. */
  async urls(infoHash: InfoHash, origin: string): Promise<readonly string[]> {
    const records = await this.#options.webSeeds.list(infoHash)
    const ours = this.#options.held.find(infoHash)?.complete ? [`${origin}/w/${infoHash}/`] : []
    return [...ours, ...records.filter(({ failure }) => failure === null).map(({ url }) => url)]
  }

  /** All that were added, for the owner. */
  async list(infoHash: InfoHash): Promise<WebSeeds['webSeeds']> {
    return (await this.#options.webSeeds.list(infoHash)).map(describe)
  }

  /**
   * Make `urls` the web seeds of a share, once each was found to have its bytes; else nothing changes.
   * Errors: `share_not_found`, `web_seed_invalid`, `server_busy`, those of `probeWebSeed`; the detail names the URL.
   */
  async replace(infoHash: InfoHash, urls: readonly string[]): Promise<WebSeeds['webSeeds']> {
    const metainfo = await this.#metainfo(infoHash)
    if (metainfo === undefined) throw new AppError('share_not_found')
    const bases = [...new Set(urls.map(url => baseUrl(url, metainfo.singleFile)))]
    const records = await Promise.all(
      bases.map(async url => {
        const { error, found } = await this.#probe(url, metainfo)
        if (error) throw new AppError(error.code, `${url} ${error.detail}`.trim())
        return { url, addedBy: 'owner' as const, ...found }
      }),
    )
    if (!(await this.#options.webSeeds.replace(infoHash, records))) throw new AppError('share_not_found')
    return records.map(describe)
  }

  /** Look again at those that are due at `now`. */
  async checkDue(now: Date): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      for (const { infoHash, url } of await this.#options.webSeeds.listDue(now, LOOK_COUNT)) {
        const metainfo = await this.#metainfo(infoHash)
        if (metainfo === undefined) continue
        const { error, found } = await this.#probe(url, metainfo)
        if (error) this.#options.log.info({ infoHash, code: error.code }, 'web seed failed')
        await this.#options.webSeeds.update(infoHash, url, found)
      }
    } finally {
      this.#looking = false
    }
  }

  /** Look at none any more. */
  close(): void {
    clearInterval(this.#timer)
  }

  async #metainfo(infoHash: InfoHash): Promise<Metainfo | undefined> {
    const parts = await this.#options.shares.findTorrent(infoHash)
    return parts && parseMetainfo(encodeTorrent({ ...parts, announceList: [] }))
  }

  /** What is found at `url`, and the error if it is no use. Errors: `server_busy`. */
  async #probe(url: string, metainfo: Metainfo) {
    const error = await this.#inTurn(async () => {
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

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#probes < PROBES_MAX) this.#probes += 1
    else if (this.#waiting.length >= WAITING_MAX) throw new AppError('server_busy')
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#probes -= 1
    }
  }
}

/** `text` in the form it is handed out. Errors: `web_seed_invalid`. */
function baseUrl(text: string, singleFile: boolean): string {
  const refuse = (why: string) => new AppError('web_seed_invalid', `${text.slice(0, 100)} ${why}`)
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse('is not an http or https URL')
  if (url.username !== '' || url.password !== '')
    throw refuse('holds a password, which every reader would see')
  if (url.href.includes('#')) throw refuse('has a fragment')
  // Of a single file it may be a whole address; nothing can be appended after a query.
  if (url.href.includes('?') && (!singleFile || url.href.endsWith('/'))) throw refuse('has a query')
  if (url.href.length > WEB_SEED_URL_MAX) throw refuse('is too long')
  return url.href
}

function describe({ url, failure, checkedAt }: WebSeedRecord): WebSeeds['webSeeds'][number] {
  const state = failure === null ? 'ok' : 'failed'
  return { url, state, reason: failure, checkedAt: checkedAt.toISOString() }
}
