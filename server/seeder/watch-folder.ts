import { readFile } from 'node:fs/promises'
import { toAppError } from '../../lib/errors.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../lib/torrent/metainfo.ts'
import { makeTorrent } from '../hashing/make-torrent.ts'
import type { Log } from '../log.ts'
import type { Shares } from '../shares/shares.ts'
import type { Keeper } from './keeper.ts'
import { LocalShare } from './local-share.ts'
import { type Entry, loadPublished, type Published, readEntries, savePublished } from './watched-entries.ts'

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
  #published = new Map<string, Published>()
  #timer: ReturnType<typeof setTimeout> | null = null

  private constructor(options: WatchFolderOptions) {
    this.#options = options
  }

  /** Errors: those of the folder, when it can't be read. */
  static async open(options: WatchFolderOptions): Promise<WatchFolder> {
    const watch = new WatchFolder(options)
    watch.#published = await loadPublished(options.memory)
    const entries = await readEntries(options.folder)
    for (const entry of entries) await watch.#adopt(entry)
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
    // What a `.torrent` names is the seeder's own, which comes back by itself.
    if (known?.signature !== entry.signature || isTorrentFile(entry)) return
    const torrent = await this.#options.torrentOf(known.infoHash).catch(() => null)
    const files = torrent && inOrder(entry, await parseMetainfo(torrent))
    if (!torrent || !files) {
      this.#published.delete(entry.name)
      return
    }
    const { keeper } = this.#options
    keeper.adopt(new LocalShare(await parseMetainfo(torrent), torrent, files))
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

  async #scan(): Promise<void> {
    const entries = await readEntries(this.#options.folder)
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
      const local = isTorrentFile(entry) ? null : await this.#prepare(entry)
      const torrent = local?.torrent ?? (await readFile(entry.files[0]?.location ?? ''))
      if (this.#published.has(entry.name)) await this.#takeBack(entry.name)
      if (local) keeper.adopt(local)
      const { ownerKey, share } = await shares.publish(torrent, {}, origin)
      const infoHash = share.infoHash as InfoHash
      if (local) keeper.seed(infoHash)
      else await keeper.pin(infoHash)
      await this.#remember(entry.name, { signature: entry.signature, infoHash, ours: ownerKey !== undefined })
      log.info({ infoHash, page: `/d/${infoHash}` }, 'published from the publish folder')
    } catch (reason) {
      const error = toAppError(reason)
      // Still being written, or we stop: it is tried again.
      if (error.code === 'file_changed' || error.code === 'cancelled') return
      this.#refused.set(entry.name, entry.signature)
      log.warn({ err: error, code: error.code }, 'something in the publish folder cannot be published')
    }
  }

  async #prepare(entry: Entry): Promise<LocalShare> {
    const { metainfo, plan, torrent } = await makeTorrent(entry.files, { signal: this.#ended.signal })
    return new LocalShare(metainfo, torrent, plan.files)
  }

  async #takeBack(name: string): Promise<void> {
    const known = this.#published.get(name)
    if (!known) return
    this.#options.keeper.drop(known.infoHash)
    if (known.ours) await this.#options.shares.removeOwn(known.infoHash)
    await this.#remember(name, null)
  }

  async #remember(name: string, published: Published | null): Promise<void> {
    if (published) this.#published.set(name, published)
    else this.#published.delete(name)
    await savePublished(this.#options.memory, this.#published)
  }
}

/** A `.torrent` alone: its content is fetched from whoever announces it here. */
const isTorrentFile = ({ files, name }: Entry): boolean =>
  name.endsWith('.torrent') && files.length === 1 && files[0]?.path.length === 1

/** The files of an entry in the order of its torrent, or null when they are others. */
function inOrder({ files }: Entry, metainfo: LocalShare['metainfo']) {
  const top = metainfo.singleFile ? [] : [metainfo.name]
  const byPath = new Map(files.map(file => [file.path.join('/'), file]))
  const ordered = metainfo.files.map(({ path }) => byPath.get([...top, ...path].join('/')))
  return ordered.every(file => file !== undefined) ? ordered : null
}
