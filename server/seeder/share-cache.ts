import { AppError } from '../../lib/base/errors.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { CopyRecord } from '../shares/copies/copy-store.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { Holder } from '../web-seeds/files-elsewhere.ts'
import type { HostedShare, HostedShares } from '../web-seeds/hosted-shares.ts'
import type { CacheRequest } from './copy-state.ts'
import type { SeederIdentity } from './link/identity.ts'
import type { OpenSeederLink } from './link/seeder-link.ts'
import type { LocalShare } from './publish-folder/local-share.ts'
import { SeederCopies } from './seeder-copies.ts'
import { WantedCopies, type WantedCopiesOptions } from './wanted-copies.ts'

export interface ShareCacheOptions extends WantedCopiesOptions {
  /** Whether owners may request caching, or every share is cached, or only what the operator pins. */
  readonly mode: 'offer' | 'always' | 'never'
  /** This server has a seeder, or takes those of other machines; one that does not is one of several that have some. */
  readonly hasSeeders: boolean
  readonly metainfo: MetainfoReader
  readonly log: Log
  /** The `.torrent` of a published share, without trackers. Errors: `share_not_found`. */
  readonly torrentOf: (infoHash: InfoHash) => Promise<Uint8Array>
  /** Called when the last seeder drops a copy, as its time is over. */
  readonly onExpired?: ((infoHash: InfoHash) => void) | undefined
}

type Status = Omit<CachedShareStatus, 'offered'>

/**
 * Which shares the server's seeders cache. It knows what each holds, also while that restarts, and answers for all of them to
 * the pages and to the web seed.
 */
export class ShareCache implements HostedShares {
  readonly #options: ShareCacheOptions
  readonly #published: Set<InfoHash>
  readonly #locals = new Map<InfoHash, LocalShare>()
  readonly #seeders = new Map<string, SeederCopies>()
  readonly #wanted: WantedCopies

  /** `published` are all shares of this server; seeders drop what they hold of others. */
  constructor(options: ShareCacheOptions, published: readonly InfoHash[]) {
    this.#options = options
    this.#published = new Set(published)
    this.#wanted = new WantedCopies({ ...options, seeders: this.#seeders, published: this.#published })
  }

  /**
   * A seeder that is there from now on, or one that says something else of itself. `folder` holds its copies, or is null when it is
   * on another machine.
   */
  link(identity: SeederIdentity, openLink: OpenSeederLink, folder: string | null): void {
    const known = this.#seeders.get(identity.id)
    if (known) {
      known.rename(identity)
      // It may have been connected to another server meanwhile.
      this.#wanted.requestKnown(known, { all: false })
      return
    }
    const { log, metainfo, mode, torrentOf } = this.#options
    const { id } = identity
    const seeder = new SeederCopies({
      ...{ identity, openLink, folder, published: this.#published, locals: this.#locals },
      ...{ metainfo, log, torrentOf },
      onChange: (infoHash, change) => {
        this.#wanted.onChange(id, infoHash, change)
        const isLast = [...this.#seeders.values()].every(seeder => !seeder.has(infoHash))
        if (change === 'expired' && isLast) this.#options.onExpired?.(infoHash)
      },
    })
    this.#seeders.set(id, seeder)
    this.#wanted.requestKnown(seeder, { all: mode === 'always' })
  }

  /** Call when a share is published. */
  admit(infoHash: InfoHash): void {
    this.#published.add(infoHash)
  }

  /** Where every share is cached, so is this one, which was just published. */
  requestUnasked(infoHash: InfoHash): void {
    if (this.#options.mode !== 'always') return
    this.#request(infoHash, { pinned: false, again: true }).catch(reason =>
      this.#options.log.error({ err: reason, infoHash }, 'share cannot be cached'),
    )
  }

  /** Request a copy for the share's owner. Errors: `keep_alive_off`, `seeder_away`; `state` shows later ones (`seeder_full`). */
  async request(infoHash: InfoHash): Promise<void> {
    if (this.#options.mode === 'never' || !this.isUsed) throw new AppError('keep_alive_off')
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
    this.#locals.set(local.metainfo.infoHash, local)
  }

  /** Seed an adopted share, which is published now. */
  seed(infoHash: InfoHash): void {
    const local = this.#locals.get(infoHash)
    if (!local) return
    this.#published.add(infoHash)
    for (const seeder of this.#seeders.values()) seeder.seed(local)
    this.#wanted.folder.add(infoHash, local.metainfo.length)
  }

  /** The publish folder was looked at for the first time: what is not seeded from there by now is not in it any more. */
  folderSeen(): void {
    this.#wanted.folder.keepOnly(this.#locals)
  }

  /** Drop the copies of a share for its owner. Errors: `seeder_away`. */
  release(infoHash: InfoHash): void {
    this.#requireSeeder()
    this.drop(infoHash)
  }

  /** The files of an adopted share are not there now: they are neither seeded nor served. A copy of a seeder stays. */
  leave(infoHash: InfoHash): void {
    if (!this.#locals.delete(infoHash)) return
    this.#wanted.folder.remove(infoHash)
    for (const seeder of this.#seeders.values()) if (!seeder.find(infoHash)) seeder.drop(infoHash)
  }

  /** Stop seeding a share, and delete the copies of seeders; files of the publish folder stay. */
  drop(infoHash: InfoHash): void {
    this.#locals.delete(infoHash)
    this.#wanted.release(infoHash)
    for (const seeder of this.#seeders.values()) seeder.drop(infoHash)
  }

  /** Call when a share is deleted: from now on its files are not served. */
  remove(infoHash: InfoHash): void {
    this.#published.delete(infoHash)
    this.#locals.delete(infoHash)
    this.#wanted.forget(infoHash)
    for (const seeder of this.#seeders.values()) seeder.remove(infoHash)
  }

  /** How much of a share this server has, as the API shows it. */
  state(infoHash: InfoHash): CachedShareStatus {
    const offered = this.isUsed && this.#options.mode !== 'never'
    const local = this.#locals.get(infoHash)
    if (local) {
      const have = local.metainfo.length
      return { offered: true, asked: true, kept: 'yes', have, checkedAt: null, problem: null }
    }
    const isWanted = ({ identity }: SeederCopies) => !this.#wanted.isReleased(infoHash, identity.id)
    const asked = [...this.#seeders.values()].some(seeder => isWanted(seeder) && seeder.has(infoHash))
    const here = this.#here()
      .filter(isWanted)
      .map(seeder => seeder.status(infoHash))
    const elsewhere = this.#wanted.elsewhere(infoHash)
    if (elsewhere) {
      const { complete, have } = elsewhere
      const kept = complete ? 'yes' : have > 0 ? 'partial' : 'no'
      here.push({ asked: true, kept, have, checkedAt: null, problem: null })
    }
    const best = here.toSorted(byUse)[0]
    if (best === undefined || (asked && !here.some(status => status.asked || status.kept === 'yes')))
      return { offered, asked, kept: 'no', have: 0, checkedAt: null, problem: 'seeder_away' }
    return { offered, ...best, asked: asked || elsewhere !== null }
  }

  /** Complete copies of a share in its swarm, the seeders' included, with their fraction; null when unknown. */
  copies(infoHash: InfoHash): number | null {
    const known = this.#here().flatMap(seeder => seeder.copies(infoHash) ?? [])
    return known.length === 0 ? null : Math.max(...known)
  }

  /** Shares of which this server has everything. */
  *complete(): Generator<InfoHash> {
    yield* this.#locals.keys()
    for (const seeder of this.#seeders.values()) yield* seeder.complete()
  }

  /** Sums over all copies, in bytes. `uploaded` is what seeders reported while we were connected; it never falls. */
  totals() {
    const each = [...this.#seeders.values()].map(seeder => seeder.totals())
    const sum = (of: (totals: ReturnType<SeederCopies['totals']>) => number) =>
      each.reduce((total, totals) => total + of(totals), 0)
    return {
      isAway: this.#here().length === 0,
      complete: sum(({ complete }) => complete) + this.#locals.size,
      partial: sum(({ partial }) => partial),
      have: sum(({ have }) => have),
      peers: sum(({ peers }) => peers),
      uploaded: sum(({ uploaded }) => uploaded),
    }
  }

  /** Every seeder that has been here, by name. */
  seeders() {
    return [...this.#seeders.values()]
      .map(seeder => {
        const { complete, have, partial, peers } = seeder.totals()
        const { identity, isAway, room } = seeder
        const addressOf = (address: string, inside: boolean) =>
          address === '' ? [] : [{ address, inside, leads: this.#wanted.leads(identity.id, address) }]
        const addresses = [...addressOf(identity.url, false), ...addressOf(identity.insideUrl, true)]
        return { ...identity, isAway, room, addresses, complete, partial, have, peers }
      })
      .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id))
  }

  find(infoHash: InfoHash): HostedShare | null {
    // A seeder may still hold a share that was deleted; copies on another machine cannot be served from here.
    const local = [...this.#seeders.values()].find(({ folder }) => folder !== null)
    if (!local || !this.#published.has(infoHash)) return null
    return this.#locals.get(infoHash) ?? local.find(infoHash)
  }

  /** The id of the seeder of this machine; null: there is none. */
  get ownSeeder(): string | null {
    return [...this.#seeders.values()].find(({ folder }) => folder !== null)?.identity.id ?? null
  }

  /** Seeders, here or elsewhere, that are there, have all of a share, and answer over HTTP. */
  holders(infoHash: InfoHash): readonly Holder[] {
    return this.#published.has(infoHash) ? this.#wanted.holders(infoHash) : []
  }

  /** Whether this server has seeders of its own. */
  get hasSeeders(): boolean {
    return this.#options.hasSeeders
  }

  /** Whether there are seeders, here or at other servers, or will be. */
  get isUsed(): boolean {
    return this.hasSeeders || this.#wanted.isAnyKnown
  }

  /** What each seeder, here or elsewhere, has to do with a share. */
  copiesOf(infoHash: InfoHash): readonly CopyRecord[] {
    return this.#options.table.of(infoHash)
  }

  /** Takes over what another server changed in the database. Errors: the database's. */
  lookAgain(infoHashes: readonly InfoHash[]): Promise<void> {
    return this.#wanted.lookAgain(infoHashes)
  }

  /** Looks whether there are as many copies as there should be, which happens by itself again and again. Errors: the database's. */
  balance(): Promise<void> {
    return this.#wanted.balance()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#seeders.values()].map(seeder => seeder.stop()))
    await this.#wanted.close()
  }

  async #request(infoHash: InfoHash, request: CacheRequest): Promise<void> {
    if (!this.#locals.has(infoHash)) await this.#wanted.request(infoHash, request)
  }

  #here(): readonly SeederCopies[] {
    return [...this.#seeders.values()].filter(({ isAway }) => !isAway)
  }

  /** A request made while no seeder is here would be lost if this server ended before one connects. */
  #requireSeeder(): void {
    if (!this.#wanted.isAnyHere) throw new AppError('seeder_away')
  }
}

/** The copy that is of most use first; of those that are of none, one that says why. */
const byUse = (a: Status, b: Status): number =>
  Number(b.kept === 'yes') - Number(a.kept === 'yes') ||
  b.have - a.have ||
  Number(b.asked) - Number(a.asked) ||
  Number(b.problem !== null) - Number(a.problem !== null)
