import { join } from 'node:path'
import type { ErrorCode } from '../../lib/base/errors.ts'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
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
  refusalOf,
  requestOf,
} from './copy-state.ts'
import { KnownCopies } from './known-copies.ts'
import type { SeederIdentity } from './link/identity.ts'
import type { CacheReport, DropReason, FromSeeder, SeederRoom } from './link/messages.ts'
import type { OpenSeederLink, SeederLink } from './link/seeder-link.ts'
import type { LocalShare } from './publish-folder/local-share.ts'

export interface SeederCopiesOptions {
  readonly identity: SeederIdentity
  readonly openLink: OpenSeederLink
  /** Folder of the copies, or null when it is on another machine. */
  readonly folder: string | null
  /** All shares of this server, as they are at any time; the seeder lets go of what it holds of others. */
  readonly published: ReadonlySet<InfoHash>
  /** Those of the publish folder, as they are at any time. */
  readonly locals: ReadonlyMap<InfoHash, LocalShare>
  readonly metainfo: MetainfoReader
  readonly log: Log
  /** The `.torrent` of a published share, without trackers. Errors: `share_not_found`. */
  readonly torrentOf: (infoHash: InfoHash) => Promise<Uint8Array>
  /** Called for each change of a copy that matters to others. */
  readonly onChange: (infoHash: InfoHash, change: CopyChange) => void
}

/**
 * What became of a copy: `held` in whole or in part, or one of these again; `lost` since the seeder was here before; and why it
 * is held no longer.
 */
export type CopyChange = 'held' | 'lost' | 'refused' | 'evicted' | 'expired' | 'before'

/** How soon a share that did not fit on a full disk is asked for again, in milliseconds. */
const ROOM_RETRY_MS = 5_000

/** The server's side of one seeder: what it was asked for and what it holds, also while it restarts. */
export class SeederCopies {
  readonly #options: SeederCopiesOptions
  readonly #copies = new KnownCopies()
  readonly #link: SeederLink
  readonly #messages = new SerialQueue()
  #identity: SeederIdentity
  #room: SeederRoom | null = null
  #retry: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  constructor(options: SeederCopiesOptions) {
    this.#options = options
    this.#identity = options.identity
    this.#link = options.openLink(message => this.#enqueue(message))
  }

  get identity(): SeederIdentity {
    return this.#identity
  }

  get isAway(): boolean {
    return this.#link.isAway
  }

  /** What it last said of its disk; null: it has not. */
  get room(): SeederRoom | null {
    return this.#room
  }

  /** Its folder, if that is on this machine. */
  get folder(): string | null {
    return this.#options.folder
  }

  /** The same seeder says something else of itself. */
  rename(identity: SeederIdentity): void {
    this.#identity = identity
  }

  /** Asks it to hold a copy. Errors: those of `torrentOf`. */
  async request(infoHash: InfoHash, request: CacheRequest): Promise<void> {
    this.#copies.set(infoHash, afterRequest(this.#copies.get(infoHash), request))
    const torrent = await this.#options.torrentOf(infoHash).catch(reason => {
      this.#copies.set(infoHash, afterFailedRequest(this.#copies.get(infoHash)))
      throw reason
    })
    // It may have been dropped meanwhile.
    if (requestOf(this.#copies.get(infoHash))) this.#link.send({ do: 'keep', torrent, ...request })
  }

  /** As `request`, when nobody waits for it. */
  requestLater(infoHash: InfoHash, request: CacheRequest): void {
    this.request(infoHash, request).catch(reason =>
      this.#options.log.error({ err: reason, infoHash }, 'share cannot be cached'),
    )
  }

  /** Asks for it as soon as the seeder is ready, which sends a request for whatever it lacks. */
  requestWhenReady(infoHash: InfoHash, request: CacheRequest): void {
    this.#copies.set(infoHash, afterRequest(this.#copies.get(infoHash), request))
  }

  /** Seeds a share of the publish folder; only a seeder of this machine can. */
  seed({ files, torrent }: LocalShare): void {
    const locations = files.map(file => file?.location ?? null)
    this.#link.send({ do: 'seed', torrent, locations })
  }

  /** Stops seeding a share, and deletes the copy; files of the publish folder stay. */
  drop(infoHash: InfoHash): void {
    this.#copies.set(infoHash, afterDrop(this.#copies.get(infoHash)))
    this.#link.send({ do: 'drop', infoHash })
  }

  /** As `drop`, of a share that is no more: why it was refused matters no longer. */
  remove(infoHash: InfoHash): void {
    this.#copies.set(infoHash, NO_COPY)
    this.drop(infoHash)
  }

  /** Whether it holds a copy, in whole or in part, or was asked to. */
  has(infoHash: InfoHash): boolean {
    const { is } = this.#copies.get(infoHash)
    return is === 'requested' || is === 'cached'
  }

  /** The copy that it holds, in whole or in part. */
  find(infoHash: InfoHash): CachedShare | null {
    const copy = this.#copies.get(infoHash)
    return copy.is === 'cached' ? copy.share : null
  }

  /** Its copy of a share, as the API shows it. */
  status(infoHash: InfoHash): Omit<CachedShareStatus, 'offered'> {
    const copy = this.#copies.get(infoHash)
    const state = copy.is === 'cached' ? copy.share.state : null
    const have = state?.have ?? 0
    return {
      asked: this.has(infoHash),
      kept: state?.complete ? 'yes' : have > 0 ? 'partial' : 'no',
      have,
      checkedAt: state?.checkedAt == null ? null : new Date(state.checkedAt).toISOString(),
      problem: ofServer(state?.problem ?? refusalOf(copy)),
    }
  }

  /** See `ShareCache.copies`. */
  copies(infoHash: InfoHash): number | null {
    return this.#copies.copies(infoHash)
  }

  /** Shares of which it has everything. */
  complete(): Generator<InfoHash> {
    return this.#copies.complete()
  }

  /** Sums over its copies, in bytes. */
  totals() {
    return this.#copies.totals()
  }

  async stop(): Promise<void> {
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    this.#stopped = true
    await this.#link.stop()
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
    if (infoHash && request) this.requestLater(infoHash, request)
  }

  #nextWaiting(): [InfoHash, CacheRequest] | null {
    for (const [infoHash, copy] of this.#copies) {
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
    if ('room' in message && message.room) this.#room = message.room
    if (message.report === 'ready') this.#onReady(message.infoHashes)
    else if (message.report === 'kept') await this.#onCached(message.torrent)
    else if (message.report === 'state') this.#note(message.states)
    else if (message.report === 'dropped') this.#onDropped(message.infoHash, message.reason)
    else {
      const { code, infoHash } = message
      this.#copies.set(infoHash, afterRefused(this.#copies.get(infoHash), code))
      this.#options.onChange(infoHash, 'refused')
      this.#retryLater()
    }
  }

  /** The seeder (re)connected and holds these shares; everything it may have missed is sent again. */
  #onReady(infoHashes: readonly InfoHash[]): void {
    const { folder, locals, published } = this.#options
    const found = new Set(infoHashes)
    this.#link.send({ do: 'retain', infoHashes: [...published] })
    for (const [infoHash, copy] of [...this.#copies]) {
      if (!found.has(infoHash)) {
        this.#copies.set(infoHash, afterLoss(copy))
        if (copy.is === 'cached') this.#options.onChange(infoHash, 'lost')
      }
      if (copy.is === 'dropping') this.#link.send({ do: 'drop', infoHash })
      const request = requestOf(copy)
      if (request && (request.pinned || !found.has(infoHash)) && !locals.has(infoHash))
        this.requestLater(infoHash, request)
    }
    if (folder === null) return
    for (const [infoHash, local] of locals) if (published.has(infoHash)) this.seed(local)
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
    const before = this.#copies.get(infoHash)
    this.#copies.set(infoHash, afterCached(before, share))
    if (this.find(infoHash)) this.#options.onChange(infoHash, 'held')
    if (before.is === 'requested') this.#retryNow()
  }

  #note(states: readonly CacheReport[]): void {
    for (const state of states) if (this.#copies.note(state)) this.#options.onChange(state.infoHash, 'held')
  }

  #onDropped(infoHash: InfoHash, reason: DropReason): void {
    this.#copies.set(infoHash, afterDropped(this.#copies.get(infoHash)))
    if (reason !== 'asked' && reason !== 'gone') this.#options.onChange(infoHash, reason)
    // What is gone for this server, the seeder logs itself: its copy stays for a day.
    if (reason !== 'asked' && reason !== 'before' && reason !== 'gone')
      this.#options.log.info({ infoHash, reason }, 'share is no longer cached')
  }
}

/** A full disk is the server's here, not that of whoever reads it. */
const ofServer = (problem: ErrorCode | null): ErrorCode | null =>
  problem === 'storage_full' ? 'server_full' : problem
