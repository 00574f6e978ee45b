import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { CopyRecord } from '../shares/copies/copy-store.ts'
import type { Holder } from '../web-seeds/files-elsewhere.ts'
import type { CacheRequest } from './copy-state.ts'
import { FolderCopies } from './folder-copies.ts'
import { AddressChecks } from './placement/address-checks.ts'
import { Balancer, type BalancerStore, type PlacementTimes } from './placement/balancer.ts'
import type { CopyTable } from './placement/copy-table.ts'
import { placeAsked, placeInstead } from './placement/place.ts'
import type { CopyChange, SeederCopies } from './seeder-copies.ts'

export interface WantedCopiesOptions {
  /** Bytes of a published share; null: it is none. Errors: the database's. */
  readonly lengthOf: (infoHash: InfoHash) => Promise<number | null>
  /** Which copies there are to be. */
  readonly table: CopyTable
  readonly store: BalancerStore
  /** Copies of each share, where there are so many seeders. */
  readonly copies: number
  /** Whether this server places copies, of several. */
  readonly leads: () => boolean
  /** Default: those of `Balancer`. */
  readonly placementTimes?: PlacementTimes | undefined
  readonly log: Log
}

interface Parts extends WantedCopiesOptions {
  /** Those that are or were connected to this server, as they are at any time. */
  readonly seeders: ReadonlyMap<string, SeederCopies>
  readonly published: ReadonlySet<InfoHash>
}

/** Which seeder is to hold a copy of which share, and tells those that are connected to this server. */
export class WantedCopies {
  readonly #options: Parts
  readonly #balancer: Balancer
  readonly #addresses: AddressChecks
  /** What the publish folder of this server has. */
  readonly folder: FolderCopies
  /** The latest request for each share that is being placed. */
  readonly #asking = new Map<InfoHash, CacheRequest>()

  constructor(options: Parts) {
    this.#options = options
    const { seeders, table } = options
    const onOwnCopy = (id: string, infoHash: InfoHash) => this.onChange(id, infoHash, 'held')
    this.folder = new FolderCopies({ seeders, table, onOwnCopy })
    const linked = () => [...seeders.values()]
    this.#addresses = new AddressChecks({
      seeders: () => linked().flatMap(({ identity, isAway }) => (isAway ? [] : [identity])),
      everyMs: options.placementTimes?.addressMs,
      // Other nodes read it in the database.
      onChange: () =>
        this.balance().catch(reason => options.log.warn({ err: reason }, 'addresses of seeders not written')),
      log: options.log,
    })
    this.#balancer = new Balancer({
      ...options,
      times: options.placementTimes,
      linked: () =>
        linked().map(({ identity, isAway, room }) => {
          return { identity: this.#addresses.usable(identity), isAway, room }
        }),
      onChanged: infoHash => this.#askMissing(infoHash),
      drop: (infoHash, id) => this.#dropFrom(infoHash, id),
    })
  }

  /** Whether an address of a seeder that is connected here leads to it; null: that is not known. */
  leads(id: string, address: string): boolean | null {
    return this.#addresses.leads(id, address)
  }

  /** What the seeder is to hold as far as the database knows, and those of which there is no copy, if `all` are to be cached. */
  requestKnown(seeder: SeederCopies, { all }: { readonly all: boolean }): void {
    const { published, table } = this.#options
    const { id } = seeder.identity
    this.#addresses.look()
    for (const infoHash of [...table.shares()]) {
      const copy = table.get(infoHash, id)
      const isAsked = copy?.state === 'asked'
      if (copy && (isAsked || copy.state === 'held') && published.has(infoHash))
        seeder.requestWhenReady(infoHash, { pinned: copy.pinned, again: isAsked || copy.pinned })
    }
    if (!all) return
    for (const infoHash of published) {
      if (table.of(infoHash).some(copy => copy.state !== 'folder' || copy.seeder === id)) continue
      seeder.requestWhenReady(infoHash, { pinned: false, again: false })
      table.note({ infoHash, seeder: id, state: 'asked', complete: false, have: 0, pinned: false })
    }
  }

  /** Nobody wants copies of a share any more: who is connected elsewhere, or away, is told later. */
  release(infoHash: InfoHash): void {
    const { seeders, table } = this.#options
    this.#asking.delete(infoHash)
    for (const copy of table.of(infoHash)) {
      // What its operator published is for nobody else to let go of.
      if (copy.state === 'folder' && !seeders.has(copy.seeder)) continue
      // One that is away must not be believed when it is back; a copy that it holds goes a day later.
      if (seeders.get(copy.seeder)?.isAway === false) table.remove(infoHash, copy.seeder)
      else table.note({ ...copy, state: 'released', pinned: false })
    }
  }

  /** The share is deleted. */
  forget(infoHash: InfoHash): void {
    this.#asking.delete(infoHash)
    this.#options.table.forget(infoHash)
  }

  /** Whether what a seeder holds of a share is still wanted. */
  isReleased(infoHash: InfoHash, seeder: string): boolean {
    return this.#options.table.get(infoHash, seeder)?.state === 'released'
  }

  /** Whether any seeder is there, here or at another server. */
  get isAnyHere(): boolean {
    return this.#balancer.seeders().some(({ isHere }) => isHere)
  }

  /** The largest copy that a seeder at another server has; null: none is wanted there. */
  elsewhere(infoHash: InfoHash): { readonly complete: boolean; readonly have: number } | null {
    const { seeders, table } = this.#options
    const here = new Set(this.#balancer.seeders().flatMap(({ id, isHere }) => (isHere ? [id] : [])))
    const copies = table
      .of(infoHash)
      .filter(({ seeder }) => here.has(seeder) && seeders.get(seeder)?.isAway !== false)
      .filter(({ state }) => state !== 'released')
      .filter(({ state }) => state !== 'refused' && state !== 'expired')
    return copies.toSorted((a, b) => Number(b.complete) - Number(a.complete) || b.have - a.have)[0] ?? null
  }

  /** Seeders that are there, here or at another server, have all of a share, and answer over HTTP. */
  holders(infoHash: InfoHash): readonly Holder[] {
    const { seeders, table } = this.#options
    const copies = table.of(infoHash)
    if (copies.length === 0) return []
    // One that is connected here, and was restarted, does not have it before it has said so.
    const saysSo = ({ seeder, state }: CopyRecord) => {
      const here = seeders.get(seeder)
      return state === 'folder' || here === undefined || here.isAway || here.find(infoHash)?.complete === true
    }
    const whole = new Set(copies.filter(copy => isWhole(copy) && saysSo(copy)).map(({ seeder }) => seeder))
    return this.#balancer
      .seeders()
      .filter(({ id, insideUrl, isHere, url }) => isHere && whole.has(id) && (url || insideUrl) !== '')
      .map(({ id, insideUrl, url }) => ({ url, insideUrl, isOwn: seeders.get(id)?.folder != null }))
  }

  /** Whether there is any seeder that the database has not forgotten. */
  get isAnyKnown(): boolean {
    return this.#balancer.seeders().length > 0
  }

  /** Ends the regular looks, and waits until everything is written. */
  async close(): Promise<void> {
    this.#addresses.close()
    await this.#balancer.close()
    await this.#options.table.close()
  }

  /** Takes over what another server changed in the database. Errors: the database's. */
  async lookAgain(infoHashes: readonly InfoHash[]): Promise<void> {
    const { table } = this.#options
    const before = await table.reload(infoHashes)
    for (const [infoHash, copies] of before) {
      for (const { seeder, state } of copies) {
        // Its owner let go of it a moment ago.
        const isReleased = table.get(infoHash, seeder)?.state === 'released' && state !== 'released'
        if (isReleased && this.#options.seeders.get(seeder)?.isAway === false)
          this.#dropFrom(infoHash, seeder)
      }
      this.#askMissing(infoHash)
    }
  }

  /** Looks once whether there are as many copies as there should be, which happens by itself again and again. Errors: the database's. */
  balance(): Promise<void> {
    return this.#balancer.look()
  }

  /** Asks as many seeders for a copy as there should be. Errors: the database's, `share_not_found`. */
  async request(infoHash: InfoHash, request: CacheRequest): Promise<void> {
    this.#asking.set(infoHash, request)
    // One seeder alone is asked whatever the length.
    const isChoice = this.#balancer.seeders().length > 1
    const length = isChoice ? ((await this.#options.lengthOf(infoHash)) ?? 0) : 0
    // It may have been dropped meanwhile, or asked for again.
    if (this.#asking.get(infoHash) !== request) return
    this.#asking.delete(infoHash)
    const placing = this.#balancer.placing(infoHash, length)
    const chosen = new Set(placeAsked(placing))
    for (const { seeder } of placing.known) if (!chosen.has(seeder)) this.#forgetRefusal(infoHash, seeder)
    const noted = this.#noteAsked(infoHash, chosen, request.pinned)
    await Promise.all([noted, ...[...chosen].map(id => this.#ask(infoHash, id, request))])
  }

  /** Tells a seeder that is connected here. Errors: `share_not_found`, the database's. */
  async #ask(infoHash: InfoHash, id: string, request: CacheRequest): Promise<void> {
    try {
      await this.#options.seeders.get(id)?.request(infoHash, request)
    } catch (reason) {
      this.#options.table.remove(infoHash, id)
      throw reason
    }
  }

  #noteAsked(infoHash: InfoHash, ids: Iterable<string>, pinned: boolean): Promise<void> {
    const { table } = this.#options
    const copies = [...ids].map(seeder => {
      const known = table.get(infoHash, seeder)
      const isThere = known?.state === 'held' || known?.state === 'surplus' || known?.state === 'released'
      const { complete = false, have = 0 } = isThere ? known : {}
      return { infoHash, seeder, state: isThere ? 'held' : 'asked', complete, have, pinned } as const
    })
    return table.put(copies)
  }

  /** Somebody asks anew: who refused before may be asked. */
  #forgetRefusal(infoHash: InfoHash, seeder: string): void {
    const { table } = this.#options
    const state = table.get(infoHash, seeder)?.state
    if (state === 'refused' || state === 'expired') table.remove(infoHash, seeder)
    // What its owner let go of, and wants again, is a copy more.
    else if (state === 'released') {
      const copy = table.get(infoHash, seeder)
      if (copy) table.note({ ...copy, state: 'surplus' })
    }
  }

  /** Asks those connected here that are to hold a copy and do not know yet. */
  #askMissing(infoHash: InfoHash): void {
    const { log, table } = this.#options
    for (const { pinned, seeder: id, state } of table.of(infoHash)) {
      const seeder = this.#options.seeders.get(id)
      if (state !== 'asked' || !seeder || seeder.has(infoHash)) continue
      this.#ask(infoHash, id, { pinned, again: true }).catch(reason =>
        log.error({ err: reason, infoHash }, 'share cannot be cached'),
      )
    }
  }

  #dropFrom(infoHash: InfoHash, id: string): void {
    this.#options.table.remove(infoHash, id)
    this.#options.seeders.get(id)?.drop(infoHash)
  }

  /** A seeder says what became of its copy. */
  onChange(id: string, infoHash: InfoHash, change: CopyChange): void {
    if (!this.#options.published.has(infoHash)) return
    const { table } = this.#options
    const known = table.get(infoHash, id)
    // It has the files of the publish folder, whatever it holds besides.
    if (known?.state === 'folder') return
    const copy = known ?? { infoHash, seeder: id, state: 'held', complete: false, have: 0, pinned: false }
    if (change === 'held') {
      const isSpare = copy.state === 'surplus' || copy.state === 'released'
      // Until it says how much it has, it has what it had.
      const { complete, have } = this.#options.seeders.get(id)?.find(infoHash)?.state ?? copy
      table.note({ ...copy, state: isSpare ? copy.state : 'held', complete, have })
    } else if (change === 'lost') {
      if (known) table.note({ ...known, complete: false, have: 0 })
    } else if (change === 'before') table.remove(infoHash, id)
    else {
      table.note({ ...copy, state: change === 'expired' ? 'expired' : 'refused', complete: false, have: 0 })
      if (change === 'refused' && copy.state === 'asked') this.#askInstead(infoHash, copy.pinned)
    }
  }

  /** A seeder refused what somebody asked for: another one may have room. */
  #askInstead(infoHash: InfoHash, pinned: boolean): void {
    const { lengthOf, log } = this.#options
    lengthOf(infoHash)
      .then(async length => {
        if (length === null) return
        const others = placeInstead(this.#balancer.placing(infoHash, length))
        await this.#noteAsked(infoHash, others, pinned)
        this.#askMissing(infoHash)
      })
      .catch(reason => log.error({ err: reason, infoHash }, 'no other seeder is asked for a copy'))
  }
}

/** Copies that are refused, expired or let go of are there no longer, or not for long. */
const isWhole = ({ complete, state }: CopyRecord): boolean =>
  complete && (state === 'held' || state === 'surplus' || state === 'folder')
