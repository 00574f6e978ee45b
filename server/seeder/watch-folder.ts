import { readFile } from 'node:fs/promises'
import { toAppError } from '../../lib/base/errors.ts'
import { reportOf } from '../../lib/heal/check-copy.ts'
import { fitCopy } from '../../lib/heal/local-copy.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { encodeTorrent, type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import type { Log } from '../base/log.ts'
import { checkFiles } from '../node-engine/hashing/check-files.ts'
import { requireUnchanged } from '../node-engine/hashing/local-files.ts'
import { makeTorrent } from '../node-engine/hashing/make-torrent.ts'
import type { Shares } from '../shares/shares.ts'
import type { Keeper } from './keeper.ts'
import { LocalShare } from './publish-folder/local-share.ts'
import {
  type Entry,
  loadPublished,
  type Published,
  readEntries,
  savePublished,
  TorrentPairs,
} from './publish-folder/torrent-pairs.ts'

/** An entry is published when it was the same for so long: who copies a file there writes all the time. */
const SETTLED_MS = 2_000
const SCAN_INTERVAL_MS = 1_000
/** A folder of very many files is looked at less often: at most a twentieth of the time. */
const SCAN_SHARE = 20

interface WatchFolderOptions {
  readonly folder: string
  /** File that remembers what was published, so that a restart hashes nothing. */
  readonly memory: string
  readonly shares: Shares
  readonly keeper: Keeper
  readonly torrentOf: (infoHash: InfoHash) => Promise<Uint8Array>
  /** Any origin of this server; what is stored does not depend on it. */
  readonly origin: string
  readonly log: Log
}

/** Publishes and seeds whatever is put into a folder, and takes back what is removed from it. */
export class WatchFolder {
  readonly #options: WatchFolderOptions
  readonly #ended = new AbortController()
  /** Entries that are not published as they are now, and since when they have been like that. */
  readonly #waiting = new Map<string, { readonly signature: string; readonly since: number }>()
  /** Entries that can't be published, so that they are tried and logged once. */
  readonly #refused = new Map<string, string>()
  readonly #pairs = new TorrentPairs()
  #published = new Map<string, Published>()
  #timer: ReturnType<typeof setTimeout> | null = null

  private constructor(options: WatchFolderOptions) {
    this.#options = options
  }

  /** Errors: those of the folder, when it can't be read. */
  static async open(options: WatchFolderOptions): Promise<WatchFolder> {
    const watch = new WatchFolder(options)
    watch.#published = await loadPublished(options.memory)
    for (const entry of await watch.#entries()) await watch.#adopt(entry)
    watch.#look()
    return watch
  }

  close(): void {
    this.#ended.abort()
    if (this.#timer) clearTimeout(this.#timer)
  }

  /** What was published and has not changed is seeded at once. */
  async #adopt(entry: Entry): Promise<void> {
    const known = this.#published.get(entry.name)
    // What a `.torrent` alone names is the seeder's own, which comes back by itself.
    if (known?.signature !== entry.signature || entry.files.length === 0) return
    const torrent = await this.#options.torrentOf(known.infoHash).catch(() => null)
    const local = torrent && placed(await parseMetainfo(torrent), torrent, entry)
    if (!local) {
      this.#published.delete(entry.name)
      return
    }
    const { keeper } = this.#options
    keeper.adopt(local)
    keeper.seed(known.infoHash)
  }

  #look(): void {
    if (this.#ended.signal.aborted) return
    const start = performance.now()
    this.#scan()
      .catch(reason => this.#options.log.error({ err: reason }, 'the publish folder cannot be read'))
      .finally(() => {
        const pause = Math.max(SCAN_INTERVAL_MS, SCAN_SHARE * (performance.now() - start))
        this.#timer = setTimeout(() => this.#look(), pause)
      })
  }

  async #entries(): Promise<readonly Entry[]> {
    const entries = await readEntries(this.#options.folder)
    return this.#pairs.join(entries, name => this.#published.has(name))
  }

  async #scan(): Promise<void> {
    const entries = await this.#entries()
    const names = new Set(entries.map(({ name }) => name))
    for (const name of [...this.#published.keys()]) if (!names.has(name)) await this.#takeBack(name)
    for (const entry of entries) {
      if (this.#ended.signal.aborted) return
      if (this.#isSettled(entry)) await this.#publish(entry)
    }
  }

  #isSettled({ name, signature }: Entry): boolean {
    if (this.#published.get(name)?.signature === signature || this.#refused.get(name) === signature)
      return false
    const now = performance.now()
    const waiting = this.#waiting.get(name)
    if (waiting?.signature !== signature) {
      this.#waiting.set(name, { signature, since: now })
      return false
    }
    return now - waiting.since >= SETTLED_MS
  }

  async #publish(entry: Entry): Promise<void> {
    const { keeper, log, origin, shares } = this.#options
    this.#waiting.delete(entry.name)
    try {
      const prepared = await this.#prepare(entry)
      if (prepared === null) return this.#pairs.part(entry)
      const { local, torrent } = prepared
      const before = this.#published.get(entry.name)
      const { infoHash: next } = await parseMetainfo(torrent)
      if (before?.infoHash === next) keeper.drop(next)
      else if (before) await this.#takeBack(entry.name)
      if (local) keeper.adopt(local)
      const { ownerKey, share } = await shares.publish(torrent, {}, origin)
      const infoHash = share.infoHash as InfoHash
      if (local) keeper.seed(infoHash)
      else await keeper.pin(infoHash)
      const ours = ownerKey !== undefined || (before?.infoHash === infoHash && before.ours)
      await this.#remember(entry.name, { signature: entry.signature, infoHash, ours })
      log.info({ infoHash, page: `/d/${infoHash}` }, 'published from the publish folder')
    } catch (reason) {
      const error = toAppError(reason)
      // Still being written, or we stop: it is tried again.
      if (error.code === 'file_changed' || error.code === 'cancelled') return
      this.#refused.set(entry.name, entry.signature)
      log.warn({ err: error, code: error.code }, 'something in the publish folder cannot be published')
    }
  }

  /** What to publish, and from where to seed it; null when a `.torrent` describes something else than lies beside it. */
  async #prepare(entry: Entry): Promise<{ torrent: Uint8Array; local: LocalShare | null } | null> {
    const { signal } = this.#ended
    if (entry.torrent === null) {
      const { metainfo, plan, torrent } = await makeTorrent(entry.files, { signal })
      return { torrent, local: new LocalShare(metainfo, torrent, plan.files) }
    }
    const torrent = await readFile(entry.torrent)
    if (entry.files.length === 0) return { torrent, local: null }
    const metainfo = await parseMetainfo(torrent)
    const copy = fitCopy(metainfo, entry.files)
    const { good } = await checkFiles(metainfo, copy, undefined, { signal })
    requireUnchanged(entry.files)
    const isWhole = reportOf(metainfo, copy, good).files.length === 0
    const bare = encodeTorrent({ infoBytes: metainfo.infoBytes, announceList: [] })
    const local = isWhole ? placed(metainfo, bare, entry) : null
    return local && { torrent, local }
  }

  async #takeBack(name: string): Promise<void> {
    const known = this.#published.get(name)
    if (!known) return
    const { infoHash } = known
    const others = [...this.#published].filter(
      ([other, published]) => other !== name && published.infoHash === infoHash,
    )
    // A file and a `.torrent` of it may have been published one after the other.
    if (others.length > 0) {
      for (const [other, published] of others)
        this.#published.set(other, { ...published, ours: known.ours || published.ours })
      return this.#remember(name, null)
    }
    this.#options.keeper.drop(infoHash)
    if (known.ours) await this.#options.shares.removeOwn(infoHash)
    await this.#remember(name, null)
  }

  async #remember(name: string, published: Published | null): Promise<void> {
    if (published) this.#published.set(name, published)
    else this.#published.delete(name)
    await savePublished(this.#options.memory, this.#published)
  }
}

/** The files of an entry as those of its torrent, or null when one of them is not there. */
function placed(metainfo: Metainfo, torrent: Uint8Array, entry: Entry): LocalShare | null {
  const copy = fitCopy(metainfo, entry.files)
  const files = metainfo.files.map(({ padding }, index) => (padding ? null : copy.files[index]?.picked))
  return files.every(file => file !== undefined) ? new LocalShare(metainfo, torrent, files) : null
}
