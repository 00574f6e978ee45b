import { AppError } from '../../lib/base/errors.ts'
import type { ShareHistory, ShareStatus, Status } from '../../lib/protocol/status.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Config } from '../config/config.ts'
import type { Reply } from '../http/reply.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { HistoryStore } from '../shares/history-store.ts'
import type { ShareStore, ShareSummary } from '../shares/share-store.ts'
import type { Tracker } from '../tracker/tracker.ts'
import { addBusiest, nodeStatus, type SwarmNumbers, sumOf } from './cluster-status.ts'
import { atomFeed } from './feed.ts'

interface MonitorOptions {
  /** What is shown to everybody. */
  readonly show: Config['status']
  readonly tracker: Tracker
  readonly shares: Pick<ShareStore, 'newestListed' | 'summaries'>
  readonly history: HistoryStore
  /** Null while no seeder runs. */
  readonly shareCache: () => ShareCache | null
}

/** Shares in one answer. */
const ROWS_MAX = 500
/** Shares in the feed. */
const FEED_MAX = 100
/** One reading of all swarms serves all requests for this long, and for longer when it took long: it blocks the tracker. */
const FRESH_MS = 1_000
const FRESH_PER_READING = 20

type Summary = Pick<ShareSummary, 'infoHash' | 'title' | 'name' | 'length' | 'fileCount' | 'createdAt'>

/** A status without links: those depend on the origin of the request. */
type Reading = Omit<Status, 'shares'> & { readonly rows: readonly Omit<ShareStatus, 'page'>[] }

const NOBODY = { complete: 0, incomplete: 0, downloaded: 0, bytes: 0 }

/** The state of the server and its shares, for the status page, the feed and programs. */
export class Monitor {
  readonly #options: MonitorOptions
  readonly #since = new Date()
  #reading: Promise<Reading> | null = null
  #staleAt = Number.NEGATIVE_INFINITY

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  /** Call when the set of listed shares changes, so that the next answer shows it. */
  changed(): void {
    this.#reading = null
  }

  /** All numbers, and shares as `show` says; links begin with `origin`. Errors: `status_off`. */
  async status(origin: string): Promise<Status> {
    const { show } = this.#options
    if (show === 'off') throw new AppError('status_off')
    const { rows, ...rest } = await this.#fresh()
    const shares = rows.map(row => ({ ...row, page: pageOf(row.infoHash, origin) }))
    return show === 'public' ? { ...rest, shares } : { ...rest, shares: null, more: 0 }
  }

  /** The state of a listed share, now and in the past. Errors: `status_off`, `share_not_found` when it is not listed or names are not shown. */
  async history(infoHash: InfoHash, origin: string): Promise<ShareHistory> {
    const { history, show, shares } = this.#options
    if (show === 'off') throw new AppError('status_off')
    const [summary] = show === 'public' ? await shares.summaries([infoHash]) : []
    if (!summary?.listed) throw new AppError('share_not_found')
    const share = this.#statusOf(summary, this.#options.tracker.swarmStats(infoHash))
    const { complete, downloaded, downloading, transferred } = share
    const points = (await history.of(infoHash)).map(({ at, bytes, completed, incomplete, ...point }) => ({
      at: at.getTime(),
      complete: point.complete,
      downloading: incomplete,
      downloaded: completed,
      transferred: bytes,
    }))
    points.push({ at: Date.now(), complete, downloading, downloaded, transferred })
    return { share: { ...share, page: pageOf(infoHash, origin) }, points }
  }

  /** The newest listed shares as an Atom feed; see `atomFeed`. Errors: `status_off` where no names are shown. */
  async feed(origin: string, ifNoneMatch: string | undefined): Promise<Reply> {
    const { shares, show } = this.#options
    if (show !== 'public') throw new AppError('status_off')
    return atomFeed(await shares.newestListed(FEED_MAX), origin, ifNoneMatch)
  }

  #fresh(): Promise<Reading> {
    const now = performance.now()
    if (this.#reading === null || now > this.#staleAt) {
      this.#reading = this.#read()
      this.#staleAt = now + Math.max(FRESH_MS, FRESH_PER_READING * (performance.now() - now))
      this.#reading.catch(() => {
        this.#reading = null
      })
    }
    return this.#reading
  }

  async #read(): Promise<Reading> {
    const { shareCache, shares, show, tracker } = this.#options
    const summaries = tracker.relay?.nodes() ?? null
    const { classic, complete, bytes, downloaded, incomplete, swarms, tabs } =
      summaries === null ? tracker.stats() : sumOf(summaries)
    const totals = { complete, downloading: incomplete, downloaded, transferred: bytes }
    const counted = { ...totals, shares: tracker.admitted, swarms, tabs, classic }
    const common = {
      at: new Date().toISOString(),
      since: this.#since.toISOString(),
      totals: counted,
      nodes: summaries?.map(nodeStatus) ?? null,
    }
    const seeder = shareCache()?.isUsed ?? false
    if (show !== 'public') return { ...common, seeder, rows: [], more: 0 }
    const swarmOf = new Map<InfoHash, SwarmNumbers>()
    for (const swarm of tracker.allSwarmStats()) if (!swarm.hidden) swarmOf.set(swarm.infoHash, swarm)
    addBusiest(swarmOf, summaries?.slice(1) ?? [])
    const busiest = [...swarmOf.values()].sort(byClients).slice(0, ROWS_MAX)
    const found = [
      ...(await shares.summaries(busiest.map(({ infoHash }) => infoHash))),
      ...(await shares.newestListed(ROWS_MAX)),
    ].filter(({ listed }) => listed)
    const distinct = new Map(found.map(summary => [summary.infoHash, summary]))
    const rows = [...distinct.values()]
      .map(summary => this.#statusOf(summary, swarmOf.get(summary.infoHash)))
      .sort((a, b) => clientsOf(b) - clientsOf(a) || b.publishedAt.localeCompare(a.publishedAt))
      .slice(0, ROWS_MAX)
    return { ...common, seeder, rows, more: Math.max(0, tracker.listed - rows.length) }
  }

  #statusOf(
    { createdAt, fileCount, infoHash, length, name, title }: Summary,
    swarm: Pick<SwarmNumbers, keyof typeof NOBODY> = NOBODY,
  ): Omit<ShareStatus, 'page'> {
    const shareCache = this.#options.shareCache()
    const copy = shareCache?.state(infoHash)
    return {
      infoHash,
      name: title || name,
      size: length,
      fileCount,
      complete: swarm.complete,
      downloading: swarm.incomplete,
      downloaded: swarm.downloaded,
      transferred: swarm.bytes,
      copies: shareCache?.copies(infoHash) ?? null,
      kept: copy?.kept ?? 'no',
      checkedAt: copy?.checkedAt ?? null,
      publishedAt: createdAt.toISOString(),
    }
  }
}

const byClients = (a: SwarmNumbers, b: SwarmNumbers) =>
  b.complete + b.incomplete - (a.complete + a.incomplete) || b.downloaded - a.downloaded

const clientsOf = ({ complete, downloading }: Pick<ShareStatus, 'complete' | 'downloading'>) =>
  complete + downloading

const pageOf = (infoHash: InfoHash | string, origin: string) => `${origin}/d/${infoHash}`
