import { join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
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
  NO_COPY,
  requestOf,
} from './copy-state.ts'
import { KnownShares } from './known-shares.ts'
import type { DropReason, FromSeeder } from './link/messages.ts'
import type { OpenSeederLink, SeederLink } from './link/seeder-link.ts'
import type { LocalShare } from './publish-folder/local-share.ts'

export interface ShareCacheOptions {
  readonly openLink: OpenSeederLink
  /** Folder of the cached shares, or null when it is on another machine. */
  readonly folder: string | null
  /** Whether owners may request caching, or every share is cached, or only what the operator pins. */
  readonly mode: 'offer' | 'always' | 'never'
  readonly metainfo: MetainfoReader
  readonly log: Log
  /** The `.torrent` of a published share, without trackers. Errors: `share_not_found`. */
  readonly torrentOf: (infoHash: InfoHash) => Promise<Uint8Array>
  /** Called when the seeder drops a copy whose time is over. */
  readonly onExpired?: ((infoHash: InfoHash) => void) | undefined
}

/** How soon a share that did not fit on a full disk is asked for again, in milliseconds. */
const ROOM_RETRY_MS = 5_000

/**
 * Which shares the server's seeder caches: the server's side of the seeder. It knows what the seeder holds, also while
 * that restarts, and answers for it to the pages and to the web seed.
 */
export class ShareCache implements HostedShares {
  readonly #options: ShareCacheOptions
  readonly #shares = new KnownShares()
  readonly #link: SeederLink
  readonly #messages = new SerialQueue()
  #retry: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  /** `published` are all shares of this server; the seeder drops what it holds of others. */
  constructor(options: ShareCacheOptions, published: readonly InfoHash[]) {
    this.#options = options
    const request = { pinned: false, again: false }
    const copy = options.mode === 'always' ? afterRequest(NO_COPY, request) : NO_COPY
    for (const infoHash of published) this.#shares.change(infoHash, { published: true, copy })
    this.#link = options.openLink(message => this.#enqueue(message))
  }

  /** Call when a share is published. */
  admit(infoHash: InfoHash): void {
    this.#shares.change(infoHash, { published: true })
  }

  /** Where every share is cached, so is this one, which was just published. */
  requestUnasked(infoHash: InfoHash): void {
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
    this.#shares.change(local.metainfo.infoHash, { local })
  }

  /** Seed an adopted share, which is published now. */
  seed(infoHash: InfoHash): void {
    const { local } = this.#shares.get(infoHash)
    if (!local) return
    this.#shares.change(infoHash, { published: true })
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
    const { copy, local } = this.#shares.get(infoHash)
    if (!local) return
    this.#shares.change(infoHash, { local: null })
    if (copy.is !== 'cached') this.drop(infoHash)
  }

  /** Stop seeding a share, and delete the seeder's copy; files of the publish folder stay. */
  drop(infoHash: InfoHash): void {
    const { copy } = this.#shares.get(infoHash)
    this.#shares.change(infoHash, { local: null, copy: afterDrop(copy) })
    this.#link.send({ do: 'drop', infoHash })
  }

  /** Call when a share is deleted: from now on its files are not served. */
  remove(infoHash: InfoHash): void {
    this.#shares.change(infoHash, { published: false, copy: NO_COPY })
    this.drop(infoHash)
  }

  /** How much of a share this server has, as the API shows it. */
  state(infoHash: InfoHash): CachedShareStatus {
    return this.#shares.status(infoHash, {
      offered: this.#options.mode !== 'never',
      isAway: this.#link.isAway,
    })
  }

  /** Complete copies of a share in its swarm, the seeder's included, with their fraction; null when unknown. */
  copies(infoHash: InfoHash): number | null {
    return this.#link.isAway ? null : this.#shares.copies(infoHash)
  }

  /** Shares of which this server has everything. */
  complete(): Generator<InfoHash> {
    return this.#shares.complete()
  }

  /** Sums over all shares, in bytes. `uploaded` is what the seeder reported while we were connected; it never falls. */
  totals() {
    return { isAway: this.#link.isAway, ...this.#shares.totals() }
  }

  find(infoHash: InfoHash): HostedShare | null {
    const { copy, local, published } = this.#shares.get(infoHash)
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

  /** A request made while the seeder is away would be lost if this server ended before the seeder connects. */
  #requireSeeder(): void {
    if (this.#link.isAway) throw new AppError('seeder_away')
  }

  async #request(infoHash: InfoHash, request: CacheRequest): Promise<void> {
    const { copy, local } = this.#shares.get(infoHash)
    if (local) return
    this.#shares.change(infoHash, { copy: afterRequest(copy, request) })
    const torrent = await this.#options.torrentOf(infoHash)
    // It may have been dropped meanwhile.
    if (requestOf(this.#shares.get(infoHash).copy)) this.#link.send({ do: 'keep', torrent, ...request })
  }

  #requestLater(infoHash: InfoHash, request: CacheRequest): void {
    this.#request(infoHash, request).catch(reason => {
      this.#shares.change(infoHash, { copy: afterFailedRequest(this.#shares.get(infoHash).copy) })
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
    if (message.report === 'ready') this.#onReady(message.infoHashes)
    else if (message.report === 'kept') await this.#onCached(message.torrent)
    else if (message.report === 'state') for (const state of message.states) this.#shares.note(state)
    else if (message.report === 'dropped') this.#onDropped(message.infoHash, message.reason)
    else {
      const { code, infoHash } = message
      this.#shares.change(infoHash, { copy: afterRefused(this.#shares.get(infoHash).copy, code) })
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
      if (!found.has(infoHash)) this.#shares.change(infoHash, { copy: afterLoss(copy) })
      if (copy.is === 'dropping') this.#link.send({ do: 'drop', infoHash })
      if (local) this.seed(infoHash)
      const request = requestOf(copy)
      if (request && (request.pinned || !found.has(infoHash))) this.#requestLater(infoHash, request)
    }
  }

  async #onCached(torrent: Uint8Array): Promise<void> {
    const metainfo = await this.#options.metainfo.packed({ torrent })
    const { infoHash } = metainfo
    const share = new CachedShare(metainfo, join(this.#options.folder ?? '', infoHash), {
      use: bytes => this.#link.send({ do: 'touch', infoHash, bytes }),
      damage: piece => {
        this.#options.log.warn({ infoHash, piece }, 'a piece of a cached share is damaged and fetched again')
        this.#link.send({ do: 'check', infoHash, piece })
      },
    })
    const before = this.#shares.get(infoHash).copy
    this.#shares.change(infoHash, { copy: afterCached(before, share) })
    if (before.is === 'requested') this.#retryNow()
  }

  #onDropped(infoHash: InfoHash, reason: DropReason): void {
    this.#shares.change(infoHash, { copy: afterDropped(this.#shares.get(infoHash).copy) })
    if (reason === 'expired') this.#options.onExpired?.(infoHash)
    // What is gone for this server, the seeder logs itself: its copy stays for a day.
    if (reason !== 'asked' && reason !== 'before' && reason !== 'gone')
      this.#options.log.info({ infoHash, reason }, 'share is no longer cached')
  }
}
