import { AppError } from '../../lib/base/errors.ts'
import type { ShareHistory, ShareStatus, Status } from '../../lib/protocol/status.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Config } from '../config/config.ts'
import type { Reply } from '../http/reply.ts'
import type { Keeper } from '../seeder/keeper.ts'
import type { HistoryStore } from '../shares/history-store.ts'
import type { ShareStore, ShareSummary } from '../shares/share-store.ts'
import type { SwarmSnapshot } from '../tracker/swarms/stats.ts'
import type { Tracker } from '../tracker/tracker.ts'
import { atomFeed } from './feed.ts'

interface MonitorOptions {
  /** What everybody is shown. */
  readonly show: Config['status']
  readonly tracker: Tracker
  readonly shares: Pick<ShareStore, 'newestListed' | 'summaries'>
  readonly history: HistoryStore
  /** Null while no seeder runs. */
  readonly keeper: () => Keeper | null
}

/** Shares in one answer. */
const ROWS_MAX = 500
/** Shares in the feed. */
const FEED_MAX = 100
/** One look at all swarms is for all who ask within that time, and for longer when it took long: the tracker waits for it. */
const FRESH_MS = 1_000
const FRESH_PER_LOOK = 20

type Summary = Pick<ShareSummary, 'infoHash' | 'title' | 'name' | 'length' | 'fileCount' | 'createdAt'>

/** A status without links: those follow the name under which it was asked for. */
type Board = Omit<Status, 'shares'> & { readonly rows: readonly Omit<ShareStatus, 'page'>[] }

const NOBODY = { complete: 0, incomplete: 0, downloaded: 0, bytes: 0 }

/** How the server and its shares are, for people and programs that look on. */
export class Monitor {
  readonly #options: MonitorOptions
  readonly #since = new Date()
  #board: Promise<Board> | null = null
  #staleAt = Number.NEGATIVE_INFINITY

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  /** Another share is listed, or one is no more: the next answer says so. */
  changed(): void {
    this.#board = null
  }

  /** All numbers, and shares as `show` says; links begin with `origin`. Errors: `status_off`. */
  async status(origin: string): Promise<Status> {
    const { show } = this.#options
    if (show === 'off') throw new AppError('status_off')
    const { rows, ...rest } = await this.#fresh()
    const shares = rows.map(row => ({ ...row, page: pageOf(row.infoHash, origin) }))
    return show === 'public' ? { ...rest, shares } : { ...rest, shares: null, more: 0 }
  }

  /** How a listed share is and was. Errors: `status_off`, `share_not_found` when it is not listed, or not to be shown. */
  async history(infoHash: InfoHash, origin: string): Promise<ShareHistory> {
    const { history, show, shares } = this.#options
    if (show === 'off') throw new AppError('status_off')
    const [summary] = show === 'public' ? await shares.summaries([infoHash]) : []
    if (!summary?.listed) throw new AppError('share_not_found')
    const share = this.#statusOf(summary, this.#options.tracker.swarmSnapshot(infoHash))
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

  #fresh(): Promise<Board> {
    const now = performance.now()
    if (this.#board === null || now > this.#staleAt) {
      this.#board = this.#look()
      this.#staleAt = now + Math.max(FRESH_MS, FRESH_PER_LOOK * (performance.now() - now))
      this.#board.catch(() => {
        this.#board = null
      })
    }
    return this.#board
  }

  async #look(): Promise<Board> {
    const { keeper, shares, show, tracker } = this.#options
    const { classic, complete, bytes, downloaded, incomplete, swarms, tabs } = tracker.snapshot()
    const totals = { complete, downloading: incomplete, downloaded, transferred: bytes }
    const counted = { ...totals, shares: tracker.admitted, swarms, tabs, classic }
    const common = { at: new Date().toISOString(), since: this.#since.toISOString(), totals: counted }
    const seeder = keeper() !== null
    if (show !== 'public') return { ...common, seeder, rows: [], more: 0 }
    const swarmOf = new Map<InfoHash, SwarmSnapshot>()
    for (const swarm of tracker.swarmSnapshots()) if (!swarm.hidden) swarmOf.set(swarm.infoHash, swarm)
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
    swarm: Pick<SwarmSnapshot, keyof typeof NOBODY> = NOBODY,
  ): Omit<ShareStatus, 'page'> {
    const keeper = this.#options.keeper()
    return {
      infoHash,
      name: title || name,
      size: length,
      fileCount,
      complete: swarm.complete,
      downloading: swarm.incomplete,
      downloaded: swarm.downloaded,
      transferred: swarm.bytes,
      copies: keeper?.copies(infoHash) ?? null,
      kept: keeper?.state(infoHash).kept ?? 'no',
      publishedAt: createdAt.toISOString(),
    }
  }
}

const byClients = (a: SwarmSnapshot, b: SwarmSnapshot) =>
  b.complete + b.incomplete - (a.complete + a.incomplete) || b.downloaded - a.downloaded

const clientsOf = ({ complete, downloading }: Pick<ShareStatus, 'complete' | 'downloading'>) =>
  complete + downloading

const pageOf = (infoHash: InfoHash | string, origin: string) => `${origin}/d/${infoHash}`
