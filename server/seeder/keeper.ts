import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type ErrorCode } from '../../lib/base/errors.ts'
import type { Kept } from '../../lib/protocol/share.ts'
import { fileName } from '../../lib/storage/disk/disk-folder.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import type { Log } from '../base/log.ts'
import type { HeldShare, HeldShares } from '../web-seeds/hosted-shares.ts'
import type { FromSeeder, KeptState } from './link/messages.ts'
import type { OpenSeederLink, SeederLink } from './link/seeder-link.ts'
import type { LocalShare } from './publish-folder/local-share.ts'

interface KeeperOptions {
  readonly openLink: OpenSeederLink
  /** Where the kept shares lie, or null when that is on another machine. */
  readonly folder: string | null
  /** Whether publishers may ask, or every share is kept without asking, or only what the operator puts there. */
  readonly mode: 'offer' | 'always' | 'never'
  readonly log: Log
  /** The `.torrent` of a published share, without trackers. */
  readonly torrentOf: (infoHash: InfoHash) => Promise<Uint8Array>
}

/** Milliseconds in which what was sent over HTTP is told to the seeder at once. */
const TOUCH_INTERVAL_MS = 2_000

interface Ask {
  readonly pinned: boolean
  /** Also when it was let go of before. */
  readonly again: boolean
}

/** A share the seeder keeps, as the server knows it. */
class KeptShare implements HeldShare {
  readonly metainfo: Metainfo
  state: KeptState | null = null
  readonly #folder: string
  readonly #touch: (bytes: number) => void
  #sent = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(metainfo: Metainfo, folder: string, touch: (bytes: number) => void) {
    this.metainfo = metainfo
    this.#folder = folder
    this.#touch = touch
  }

  get complete(): boolean {
    return this.state?.complete ?? false
  }

  file(index: number): string | null {
    const path = join(this.#folder, fileName(index))
    return this.complete && isWhole(path, this.metainfo.files[index]?.length) ? path : null
  }

  touched(bytesSent: number): void {
    this.#sent += bytesSent
    this.#timer ??= setTimeout(() => {
      this.#touch(this.#sent)
      this.#sent = 0
      this.#timer = null
    }, TOUCH_INTERVAL_MS).unref()
  }
}

/**
 * Which shares this server keeps alive: the server's side of the seeder. Knows what the seeder has, also while that
 * starts anew, and answers for it to the pages and to the web seed.
 */
export class Keeper implements HeldShares {
  readonly #options: KeeperOptions
  readonly #kept = new Map<InfoHash, KeptShare>()
  readonly #local = new Map<InfoHash, LocalShare>()
  /** To be kept, also while the seeder has not said so yet. */
  readonly #asked = new Map<InfoHash, Ask>()
  readonly #refused = new Map<InfoHash, ErrorCode>()
  readonly #published = new Set<InfoHash>()
  /** To be let go of, until the seeder says that they are. */
  readonly #dropping = new Set<InfoHash>()
  readonly #link: SeederLink
  #lastTurn: Promise<void> = Promise.resolve()
  #uploaded = 0

  /** `published` are the shares of this server; what is kept besides is let go of. */
  constructor(options: KeeperOptions, published: readonly InfoHash[]) {
    this.#options = options
    this.#published = new Set(published)
    if (options.mode === 'always')
      for (const infoHash of published) this.#asked.set(infoHash, { pinned: false, again: false })
    this.#link = options.openLink(message => this.#heedInTurn(message))
  }

  /** A share was published; where the operator wants all, it is kept. */
  admit(infoHash: InfoHash): void {
    this.#published.add(infoHash)
    if (this.#options.mode === 'always') this.#keepSoon(infoHash, { pinned: false, again: true })
  }

  /** Keep a share alive. Errors: `keep_alive_off`, `seeder_away`; see `state` for what is found later (`seeder_full`). */
  async keep(infoHash: InfoHash): Promise<void> {
    if (this.#options.mode === 'never') throw new AppError('keep_alive_off')
    this.#requireSeeder()
    await this.#keep(infoHash, { pinned: false, again: true })
  }

  /** Keep a share alive because the operator wants it: it goes neither by age nor to make room. Errors: `seeder_away`. */
  async pin(infoHash: InfoHash): Promise<void> {
    this.#requireSeeder()
    await this.#keep(infoHash, { pinned: true, again: true })
  }

  /** A share whose files are here already will be published, and then seeded with `seed`. */
  adopt(local: LocalShare): void {
    this.#local.set(local.metainfo.infoHash, local)
  }

  /** Seed a share that was adopted and is tracked now. */
  seed(infoHash: InfoHash): void {
    const local = this.#local.get(infoHash)
    if (!local) return
    this.#published.add(infoHash)
    const locations = local.files.map(file => file?.location ?? null)
    this.#link.tell({ do: 'seed', torrent: local.torrent, locations })
  }

  /** Let go of a share because somebody asks for it. Errors: `seeder_away`. */
  release(infoHash: InfoHash): void {
    this.#requireSeeder()
    this.drop(infoHash)
  }

  /** Let go of a share, and of its bytes where the seeder fetched them. */
  drop(infoHash: InfoHash): void {
    this.#asked.delete(infoHash)
    this.#kept.delete(infoHash)
    this.#local.delete(infoHash)
    this.#dropping.add(infoHash)
    this.#link.tell({ do: 'drop', infoHash })
  }

  /** The share was deleted: it is served no more from this moment. */
  remove(infoHash: InfoHash): void {
    this.#published.delete(infoHash)
    this.#refused.delete(infoHash)
    this.drop(infoHash)
  }

  /** How much of a share this server has. */
  state(infoHash: InfoHash): Kept {
    const local = this.#local.get(infoHash)
    if (local) return { offered: true, asked: true, kept: 'yes', have: local.metainfo.length, problem: null }
    const kept = this.#kept.get(infoHash)
    const offered = this.#options.mode !== 'never'
    const asked = kept !== undefined || this.#asked.has(infoHash)
    if (this.#link.isAway) return { offered, asked, kept: 'no', have: 0, problem: 'seeder_away' }
    const have = kept?.state?.have ?? 0
    return {
      offered,
      asked,
      kept: kept?.complete ? 'yes' : have > 0 ? 'partial' : 'no',
      have,
      problem: kept?.state?.problem ?? this.#refused.get(infoHash) ?? null,
    }
  }

  /** Complete copies of a share in its swarm, this server's included, with their fraction; null when it does not know. */
  copies(infoHash: InfoHash): number | null {
    const kept = this.#kept.get(infoHash)
    if (!kept?.complete || kept.state === null || this.#link.isAway) return null
    return 1 + kept.state.copies
  }

  /** What the seeder keeps, in sums; bytes. `uploaded` is what it sent while we heard it, and never falls. */
  totals() {
    const kept = [...this.#kept.values()]
    const sum = (of: (share: KeptShare) => number) => kept.reduce((total, share) => total + of(share), 0)
    const complete = kept.filter(share => share.complete).length
    return {
      isAway: this.#link.isAway,
      complete: complete + this.#local.size,
      partial: kept.length - complete,
      have: sum(({ state }) => state?.have ?? 0),
      peers: sum(({ state }) => state?.peers ?? 0),
      uploaded: this.#uploaded,
    }
  }

  find(infoHash: InfoHash): HeldShare | null {
    // A share that was deleted may still be on its way out of the seeder; what another machine keeps is not on ours.
    if (!this.#published.has(infoHash) || this.#options.folder === null) return null
    return this.#local.get(infoHash) ?? this.#kept.get(infoHash) ?? null
  }

  async stop(): Promise<void> {
    await this.#link.stop()
  }

  /** What is asked for while it is away would be forgotten if this server ended before it came. */
  #requireSeeder(): void {
    if (this.#link.isAway) throw new AppError('seeder_away')
  }

  async #keep(infoHash: InfoHash, ask: Ask): Promise<void> {
    if (this.#local.has(infoHash)) return
    this.#refused.delete(infoHash)
    this.#asked.set(infoHash, ask)
    this.#dropping.delete(infoHash)
    const torrent = await this.#options.torrentOf(infoHash)
    // It may have been dropped meanwhile.
    if (this.#asked.has(infoHash)) this.#link.tell({ do: 'keep', torrent, ...ask })
  }

  #keepSoon(infoHash: InfoHash, ask: Ask): void {
    this.#keep(infoHash, ask).catch(reason => {
      this.#asked.delete(infoHash)
      this.#options.log.error({ err: reason, infoHash }, 'share cannot be kept')
    })
  }

  /** The seeder is there, perhaps anew, and keeps these; whatever it missed is told again. */
  #onReady(infoHashes: readonly InfoHash[]): void {
    const found = new Set(infoHashes)
    for (const infoHash of this.#kept.keys()) if (!found.has(infoHash)) this.#kept.delete(infoHash)
    this.#link.tell({ do: 'retain', infoHashes: [...this.#published] })
    for (const infoHash of this.#dropping) this.#link.tell({ do: 'drop', infoHash })
    for (const infoHash of this.#local.keys()) this.seed(infoHash)
    for (const [infoHash, ask] of [...this.#asked]) {
      if (ask.pinned || !found.has(infoHash)) this.#keepSoon(infoHash, ask)
    }
  }

  /** A share is parsed before its state is looked at. */
  #heedInTurn(message: FromSeeder): void {
    this.#lastTurn = this.#lastTurn
      .then(() => this.#heed(message))
      .catch(reason => {
        this.#options.log.error({ err: reason }, 'a message of the seeder was not understood')
      })
  }

  async #heed(message: FromSeeder): Promise<void> {
    if (message.told === 'ready') this.#onReady(message.infoHashes)
    else if (message.told === 'kept') {
      const metainfo = await parseMetainfo(message.torrent)
      const { infoHash } = metainfo
      if (this.#kept.has(infoHash) || this.#dropping.has(infoHash)) return
      // If it is let go of while we don't hear it, that stays so.
      const ask = this.#asked.get(infoHash)
      if (ask) this.#asked.set(infoHash, { ...ask, again: ask.pinned })
      const touch = (bytes: number) => this.#link.tell({ do: 'touch', infoHash, bytes })
      this.#kept.set(infoHash, new KeptShare(metainfo, join(this.#options.folder ?? '', infoHash), touch))
    } else if (message.told === 'state') {
      for (const state of message.states) {
        const kept = this.#kept.get(state.infoHash)
        if (!kept) continue
        // A seeder that was started anew counts from 0; what one sent before we heard of it is not ours to tell.
        this.#uploaded += Math.max(0, state.uploaded - (kept.state ?? state).uploaded)
        kept.state = state
      }
    } else if (message.told === 'refused') {
      this.#asked.delete(message.infoHash)
      this.#kept.delete(message.infoHash)
      this.#refused.set(message.infoHash, message.code)
    } else if (message.told === 'dropped') {
      this.#dropping.delete(message.infoHash)
      this.#asked.delete(message.infoHash)
      this.#kept.delete(message.infoHash)
      if (message.reason !== 'asked' && message.reason !== 'before') {
        this.#options.log.info(
          { infoHash: message.infoHash, reason: message.reason },
          'share is no longer kept',
        )
      }
    }
  }
}

/** An empty file of the share has no file on the disk. */
function isWhole(path: string, length: number | undefined): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && found.size === length
}
