import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { CopyRecord, CopyStore } from '../../shares/copies/copy-store.ts'

type Records = Pick<CopyStore, 'list' | 'put' | 'remove'>

/**
 * Which copies seeders are to hold: the database's table in memory, so that it is known at once. What changes here is written in
 * the order of the changes.
 */
export class CopyTable {
  readonly #store: Records
  readonly #log: Log
  readonly #copies = new Map<InfoHash, Map<string, CopyRecord>>()
  readonly #writes = new SerialQueue()
  /** Notes that are written together, until something else is to be written. */
  #notes: Map<string, CopyRecord> | null = null
  /** For each read of the database that is under way: what was changed here meanwhile. */
  readonly #reads = new Set<Set<InfoHash>>()

  private constructor(store: Records, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** Errors: the database's. */
  static async open(store: Records, log: Log): Promise<CopyTable> {
    const table = new CopyTable(store, log)
    for (const copy of await store.list()) table.#set(copy)
    return table
  }

  /** In memory alone, for a server without a database. */
  static empty(log: Log): CopyTable {
    return new CopyTable({ list: async () => [], put: async () => {}, remove: async () => {} }, log)
  }

  /** Every share of which there is a record. */
  shares(): IterableIterator<InfoHash> {
    return this.#copies.keys()
  }

  of(infoHash: InfoHash): readonly CopyRecord[] {
    return [...(this.#copies.get(infoHash)?.values() ?? [])]
  }

  get(infoHash: InfoHash, seeder: string): CopyRecord | null {
    return this.#copies.get(infoHash)?.get(seeder) ?? null
  }

  /** Adds or replaces; known at once, and resolves when it is written. Errors: the database's. */
  put(copies: readonly CopyRecord[]): Promise<void> {
    for (const copy of copies) {
      this.#changed(copy.infoHash)
      this.#set(copy)
    }
    this.#notes = null
    return copies.length === 0 ? Promise.resolve() : this.#writes.add(() => this.#store.put(copies))
  }

  /** As `put`, when nobody waits for it; what is not written is said again by the seeder when it reconnects. */
  note(copy: CopyRecord): void {
    const known = this.get(copy.infoHash, copy.seeder)
    if (
      known &&
      known.state === copy.state &&
      known.complete === copy.complete &&
      known.pinned === copy.pinned
    )
      return
    this.#changed(copy.infoHash)
    this.#set(copy)
    const key = `${copy.infoHash} ${copy.seeder}`
    if (this.#notes) {
      this.#notes.set(key, copy)
      return
    }
    // A seeder that connects with thousands of copies is one transaction, not as many.
    const notes = new Map([[key, copy]])
    this.#notes = notes
    const write = async () => {
      if (this.#notes === notes) this.#notes = null
      await this.#store.put([...notes.values()])
    }
    this.#later(this.#writes.add(write))
  }

  remove(infoHash: InfoHash, seeder: string): void {
    if (this.get(infoHash, seeder) === null) return
    this.#changed(infoHash)
    this.#delete(infoHash, seeder)
    this.#notes = null
    this.#later(this.#writes.add(() => this.#store.remove(infoHash, seeder)))
  }

  /** The share is deleted; the database forgets its copies with it. */
  forget(infoHash: InfoHash): void {
    this.#changed(infoHash)
    this.#copies.delete(infoHash)
  }

  /** Reads what another server may have changed: the records as they were before, of shares that did change. Errors: the database's. */
  async reload(infoHashes: readonly InfoHash[]): Promise<ReadonlyMap<InfoHash, readonly CopyRecord[]>> {
    const changed = new Set<InfoHash>()
    this.#reads.add(changed)
    // After everything of ours that is not written yet.
    const read = this.#writes.add(() => this.#store.list(infoHashes))
    const found = await read.finally(() => this.#reads.delete(changed))
    const before = new Map<InfoHash, readonly CopyRecord[]>()
    for (const infoHash of infoHashes) {
      // Newer than what was read, and told in its turn.
      if (changed.has(infoHash)) continue
      before.set(infoHash, this.of(infoHash))
      this.#copies.delete(infoHash)
    }
    for (const copy of found) if (before.has(copy.infoHash)) this.#set(copy)
    return before
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#writes.add(async () => {})
  }

  #changed(infoHash: InfoHash): void {
    for (const changed of this.#reads) changed.add(infoHash)
  }

  #set(copy: CopyRecord): void {
    const copies = this.#copies.get(copy.infoHash) ?? new Map<string, CopyRecord>()
    copies.set(copy.seeder, copy)
    this.#copies.set(copy.infoHash, copies)
  }

  #delete(infoHash: InfoHash, seeder: string): void {
    const copies = this.#copies.get(infoHash)
    copies?.delete(seeder)
    if (copies?.size === 0) this.#copies.delete(infoHash)
  }

  #later(write: Promise<void>): void {
    write.catch(reason => this.#log.error({ err: reason }, 'copies of seeders not written'))
  }
}
