import { join } from 'node:path'
import { AppError, type ErrorCode } from '../../lib/base/errors.ts'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../lib/torrent/metainfo.ts'
import type { Log } from '../base/log.ts'
import type { HostedShare, HostedShares } from '../web-seeds/hosted-shares.ts'
import { CachedShare } from './cached-share.ts'
import {
  afterCached,
  afterDrop,
  afterDropped,
  afterFailedRequest,
  afterLoss,
  afterRefused,
  afterRequest,
  type CacheRequest,
  type CopyState,
  NO_COPY,
  refusalOf,
  requestOf,
} from './copy-state.ts'
import type { CacheReport, DropReason, FromSeeder } from './link/messages.ts'
import type { OpenSeederLink, SeederLink } from './link/seeder-link.ts'
import type { LocalShare } from './publish-folder/local-share.ts'

export interface ShareCacheOptions {
  readonly openLink: OpenSeederLink
  /** Folder of the cached shares, or null when it is on another machine. */
  readonly folder: string | null
  /** Whether owners may request caching, or every share is cached, or only what the operator pins. */
  readonly mode: 'offer' | 'always' | 'never'
  readonly log: Log
  /** The `.torrent` of a published share, without trackers. Errors: `share_not_found`. */
  readonly torrentOf: (infoHash: InfoHash) => Promise<Uint8Array>
}

/** What the server knows of one share. */
interface Entry {
  /** Published on this server; the seeder drops all others, and their files are not served. */
  readonly published: boolean
  /** Its files in the publish folder, from where it is seeded. */
  readonly local: LocalShare | null
  readonly copy: CopyState
}

/** How soon a share that did not fit on a full disk is asked for again, in milliseconds. */
const ROOM_RETRY_MS = 5_000

const UNKNOWN: Entry = { published: false, local: null, copy: NO_COPY }

/**
 * Which shares the server's seeder caches: the server's side of the seeder. It knows what the seeder holds, also while
 * that restarts, and answers for it to the pages and to the web seed.
 */
export class ShareCache implements HostedShares {
  readonly #options: ShareCacheOptions
  readonly #shares = new Map<InfoHash, Entry>()
  readonly #link: SeederLink
  readonly #messages = new SerialQueue()
  #uploaded = 0
  #retry: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  /** `published` are all shares of this server; the seeder drops what it holds of others. */
  constructor(options: ShareCacheOptions, published: readonly InfoHash[]) {
    this.#options = options
    const request = { pinned: false, again: false }
    const copy = options.mode === 'always' ? afterRequest(NO_COPY, request) : NO_COPY
    for (const infoHash of published) this.#change(infoHash, { published: true, copy })
    this.#link = options.openLink(message => this.#enqueue(message))
  }

  /** Call when a share is published; where every share is cached, so is this one. */
  admit(infoHash: InfoHash): void {
    this.#change(infoHash, { published: true })
    if (this.#options.mode === 'always') this.#requestLater(infoHash, { pinned: false, again: true })
  }

  /** Request a copy for the share's owner. Errors: `keep_alive_off`, `seeder_away`; `state` shows later ones (`seeder_full`). */
  async request(infoHash: InfoHash): Promise<void> {
    if (this.#options.mode === 'never') throw new AppError('keep_alive_off')
    this.#requireSeeder()
    await this.#request(infoHash, { pinned: false, again: true })
  }

  /** Request a copy for the operator: it is dropped neither by age nor to make room. Errors: `seeder_away`. */
  async pin(infoHash: InfoHash): Promise<void> {
    this.#requireSeeder()
    await this.#request(infoHash, { pinned: true, again: true })
  }

  /** A share whose files are in the publish folder; call `seed` once it is published. */
  adopt(local: LocalShare): void {
    this.#change(local.metainfo.infoHash, { local })
  }

  /** Seed an adopted share, which is published now. */
  seed(infoHash: InfoHash): void {
    const { local } = this.#get(infoHash)
    if (!local) return
    this.#change(infoHash, { published: true })
    const locations = local.files.map(file => file?.location ?? null)
    this.#link.send({ do: 'seed', torrent: local.torrent, locations })
  }

  /** Drop the copy of a share for its owner. Errors: `seeder_away`. */
  release(infoHash: InfoHash): void {
    this.#requireSeeder()
    this.drop(infoHash)
  }

  /** The files of an adopted share are not there now: they are neither seeded nor served. A copy of the seeder stays. */
  leave(infoHash: InfoHash): void {
    const { copy, local } = this.#get(infoHash)
    if (!local) return
    this.#change(infoHash, { local: null })
    if (copy.is !== 'cached') this.drop(infoHash)
  }

  /** Stop seeding a share, and delete the seeder's copy; files of the publish folder stay. */
  drop(infoHash: InfoHash): void {
    const { copy } = this.#get(infoHash)
    this.#change(infoHash, { local: null, copy: afterDrop(copy) })
    this.#link.send({ do: 'drop', infoHash })
  }

  /** Call when a share is deleted: from now on its files are not served. */
  remove(infoHash: InfoHash): void {
    this.#change(infoHash, { published: false, copy: NO_COPY })
    this.drop(infoHash)
  }

  /** How much of a share this server has, as the API shows it. */
  state(infoHash: InfoHash): CachedShareStatus {
    const { copy, local } = this.#get(infoHash)
    if (local) {
      const have = local.metainfo.length
      return { offered: true, asked: true, kept: 'yes', have, checkedAt: null, problem: null }
    }
    const offered = this.#options.mode !== 'never'
    const asked = copy.is === 'requested' || copy.is === 'cached'
    if (this.#link.isAway)
      return { offered, asked, kept: 'no', have: 0, checkedAt: null, problem: 'seeder_away' }
    const state = copy.is === 'cached' ? copy.share.state : null
    const have = state?.have ?? 0
    return {
      offered,
      asked,
      kept: state?.complete ? 'yes' : have > 0 ? 'partial' : 'no',
      have,
      checkedAt: state?.checkedAt == null ? null : new Date(state.checkedAt).toISOString(),
      problem: ofServer(state?.problem ?? refusalOf(copy)),
    }
  }

  /** Complete copies of a share in its swarm, the seeder's included, with their fraction; null when unknown. */
  copies(infoHash: InfoHash): number | null {
    const { copy } = this.#get(infoHash)
    const state = copy.is === 'cached' ? copy.share.state : null
    return state?.complete && !this.#link.isAway ? 1 + state.copies : null
  }

  /** Shares of which this server has everything. */
  *complete(): Generator<InfoHash> {
    for (const [infoHash, { copy, local }] of this.#shares)
      if (local !== null || (copy.is === 'cached' && copy.share.complete)) yield infoHash
  }

  /** Sums over all shares, in bytes. `uploaded` is what the seeder reported while we were connected; it never falls. */
  totals() {
    const entries = [...this.#shares.values()]
    const cached = entries.flatMap(({ copy }) => (copy.is === 'cached' ? [copy.share] : []))
    const complete = cached.filter(share => share.complete).length
    const sum = (of: (share: CachedShare) => number) => cached.reduce((total, share) => total + of(share), 0)
    return {
      isAway: this.#link.isAway,
      complete: complete + entries.filter(({ local }) => local !== null).length,
      partial: cached.length - complete,
      have: sum(({ state }) => state?.have ?? 0),
      peers: sum(({ state }) => state?.peers ?? 0),
      uploaded: this.#uploaded,
    }
  }

  find(infoHash: InfoHash): HostedShare | null {
    const { copy, local, published } = this.#get(infoHash)
    // The seeder may still hold a share that was deleted; copies on another machine cannot be served from here.
    if (!published || this.#options.folder === null) return null
    return local ?? (copy.is === 'cached' ? copy.share : null)
  }

  async stop(): Promise<void> {
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    this.#stopped = true
    await this.#link.stop()
  }

  #get(infoHash: InfoHash): Entry {
    return this.#shares.get(infoHash) ?? UNKNOWN
  }

  #change(infoHash: InfoHash, change: Partial<Entry>): void {
    const entry = { ...this.#get(infoHash), ...change }
    const isUnknown = !entry.published && entry.local === null && entry.copy.is === 'none'
    if (isUnknown) this.#shares.delete(infoHash)
    else this.#shares.set(infoHash, entry)
  }

  /** A request made while the seeder is away would be lost if this server ended before the seeder connects. */
  #requireSeeder(): void {
    if (this.#link.isAway) throw new AppError('seeder_away')
  }

  async #request(infoHash: InfoHash, request: CacheRequest): Promise<void> {
    const { copy, local } = this.#get(infoHash)
    if (local) return
    this.#change(infoHash, { copy: afterRequest(copy, request) })
    const torrent = await this.#options.torrentOf(infoHash)
    // It may have been dropped meanwhile.
    if (requestOf(this.#get(infoHash).copy)) this.#link.send({ do: 'keep', torrent, ...request })
  }

  #requestLater(infoHash: InfoHash, request: CacheRequest): void {
    this.#request(infoHash, request).catch(reason => {
      this.#change(infoHash, { copy: afterFailedRequest(this.#get(infoHash).copy) })
      this.#options.log.error({ err: reason, infoHash }, 'share cannot be cached')
    })
  }

  /** Ask again for a share that waits for room on the disk, in a while; the first that fits brings the next. */
  #retryLater(): void {
    if (this.#stopped || this.#retry || !this.#nextWaiting()) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#retryNow()
    }, ROOM_RETRY_MS)
  }

  #retryNow(): void {
    const [infoHash, request] = this.#nextWaiting() ?? []
    if (infoHash && request) this.#requestLater(infoHash, request)
  }

  #nextWaiting(): [InfoHash, CacheRequest] | null {
    for (const [infoHash, { copy }] of this.#shares) {
      if (copy.is === 'requested' && copy.waitsForRoom) return [infoHash, copy.request]
    }
    return null
  }

  /** In order: a share is parsed before its state is read. */
  #enqueue(message: FromSeeder): void {
    this.#messages
      .add(() => this.#receive(message))
      .catch(reason => {
        this.#options.log.error({ err: reason }, 'a message of the seeder was not understood')
      })
  }

  async #receive(message: FromSeeder): Promise<void> {
    if (message.told === 'ready') this.#onReady(message.infoHashes)
    else if (message.told === 'kept') await this.#onCached(message.torrent)
    else if (message.told === 'state') for (const state of message.states) this.#onState(state)
    else if (message.told === 'dropped') this.#onDropped(message.infoHash, message.reason)
    else {
      const { code, infoHash } = message
      this.#change(infoHash, { copy: afterRefused(this.#get(infoHash).copy, code) })
      this.#retryLater()
    }
  }

  /** The seeder (re)connected and holds these shares; everything it may have missed is sent again. */
  #onReady(infoHashes: readonly InfoHash[]): void {
    const found = new Set(infoHashes)
    const entries = [...this.#shares]
    const published = entries.filter(([, entry]) => entry.published).map(([infoHash]) => infoHash)
    this.#link.send({ do: 'retain', infoHashes: published })
    for (const [infoHash, { copy, local }] of entries) {
      if (!found.has(infoHash)) this.#change(infoHash, { copy: afterLoss(copy) })
      if (copy.is === 'dropping') this.#link.send({ do: 'drop', infoHash })
      if (local) this.seed(infoHash)
      const request = requestOf(copy)
      if (request && (request.pinned || !found.has(infoHash))) this.#requestLater(infoHash, request)
    }
  }

  async #onCached(torrent: Uint8Array): Promise<void> {
    const metainfo = await parseMetainfo(torrent)
    const { infoHash } = metainfo
    const share = new CachedShare(metainfo, join(this.#options.folder ?? '', infoHash), {
      use: bytes => this.#link.send({ do: 'touch', infoHash, bytes }),
      damage: piece => {
        this.#options.log.warn({ infoHash, piece }, 'a piece of a cached share is damaged and fetched again')
        this.#link.send({ do: 'check', infoHash, piece })
      },
    })
    const before = this.#get(infoHash).copy
    this.#change(infoHash, { copy: afterCached(before, share) })
    if (before.is === 'requested') this.#retryNow()
  }

  #onState(state: CacheReport): void {
    const { copy } = this.#get(state.infoHash)
    if (copy.is !== 'cached') return
    // A restarted seeder counts from 0; what it sent before its first report is not counted.
    this.#uploaded += Math.max(0, state.uploaded - (copy.share.state ?? state).uploaded)
    copy.share.state = state
  }

  #onDropped(infoHash: InfoHash, reason: DropReason): void {
    this.#change(infoHash, { copy: afterDropped(this.#get(infoHash).copy) })
    if (reason !== 'asked' && reason !== 'before')
      this.#options.log.info({ infoHash, reason }, 'share is no longer cached')
  }
}

/** A full disk is the server's here, not that of whoever reads it. */
const ofServer = (problem: ErrorCode | null): ErrorCode | null =>
  problem === 'storage_full' ? 'server_full' : problem
