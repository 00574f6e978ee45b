import { readFile } from 'node:fs/promises'
import { reportOf } from '../../../lib/heal/check-copy.ts'
import { fitCopy } from '../../../lib/heal/local-copy.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import type { Log } from '../../base/log.ts'
import { checkFiles } from '../../node-engine/hashing/check-files.ts'
import { requireUnchanged } from '../../node-engine/hashing/local-files.ts'
import { makeTorrent } from '../../node-engine/hashing/make-torrent.ts'
import { NEVER_ENDS } from '../../shares/expiry/ends.ts'
import type { Source } from '../../shares/metainfo/metainfo-jobs.ts'
import type { MetainfoReader } from '../../shares/metainfo/metainfo-reader.ts'
import type { ShareStore } from '../../shares/share-store.ts'
import type { Shares, ShareTerms, ShareTraits } from '../../shares/shares.ts'
import type { ShareCache } from '../share-cache.ts'
import type { Entry } from './entries.ts'
import { LocalShare } from './local-share.ts'
import type { FolderMemory, Published } from './memory.ts'

export interface FolderSharesOptions {
  readonly shares: Shares
  readonly store: Pick<ShareStore, 'findBrief' | 'findOwnerKeyHash' | 'findTorrent'>
  readonly metainfo: MetainfoReader
  readonly shareCache: ShareCache
  /** Any origin of this server; the stored shares do not depend on it. */
  readonly origin: string
  readonly log: Log
}

/** Under whom its shares are noted; they end when their files do. */
const TERMS: ShareTerms = { publisher: 'folder', ...NEVER_ENDS }

type ShareWords = Partial<Pick<ShareTraits, 'title' | 'description' | 'listed'>>

/** Where an entry was found: the device of the publish folder, and whether the entry is on another. */
export interface Disk {
  readonly device: number
  readonly isMount: boolean
}

/** What to publish, and from where to seed it; without `local` from its swarm. */
interface Prepared {
  readonly torrent: Uint8Array
  readonly local: LocalShare | null
}

/** The shares of the publish folder: what is published of it, offered from it, and taken back. One change at a time. */
export class FolderShares {
  readonly #options: FolderSharesOptions
  readonly #memory: FolderMemory
  /** Whose files are there now, so that they are seeded and served. */
  readonly #offered = new Set<Published>()

  constructor(options: FolderSharesOptions, memory: FolderMemory) {
    this.#options = options
    this.#memory = memory
  }

  /** As which share this state of an entry was published, if it was. */
  find({ name, signature }: Entry): Published | undefined {
    return this.#memory.published.find(known => known.name === name && known.signature === signature)
  }

  isPublished(name: string): boolean {
    return this.#memory.published.some(known => known.name === name)
  }

  /** The files of a share are there, perhaps again: they are seeded and served from there. */
  async offer(known: Published, entry: Entry): Promise<void> {
    if (this.#offered.has(known)) return
    // The content of a `.torrent` alone is a cached share, which the seeder resumes by itself.
    if (entry.files.length > 0) {
      const parts = await this.#options.store.findTorrent(known.infoHash)
      const local = parts && (await this.#placed({ infoBytes: parts.infoBytes }, entry))
      if (!local) return this.#forget(known)
      this.#options.shareCache.adopt(local)
      this.#options.shareCache.seed(known.infoHash)
    }
    this.#offered.add(known)
  }

  /** The files of a share are not there, or others: nothing is offered from there, and the link stays. */
  withhold(known: Published): void {
    const wasOffered = this.#offered.delete(known)
    if (this.#othersOf(known).some(other => this.#offered.has(other))) return
    this.#options.shareCache.leave(known.infoHash)
    const { infoHash, name } = known
    if (wasOffered) this.#options.log.info({ name, infoHash }, 'not offered: it is not in the publish folder')
  }

  /**
   * What to publish of an entry; null when a `.torrent` does not describe what is beside it. Errors: those of `makeTorrent`
   * and `checkFiles`.
   */
  async prepare(entry: Entry, signal: AbortSignal): Promise<Prepared | null> {
    if (entry.torrent === null) {
      const { plan, torrent } = await makeTorrent(entry.files, { signal })
      const metainfo = await this.#options.metainfo.packed({ torrent })
      return { torrent, local: new LocalShare(metainfo, torrent, plan.files) }
    }
    const torrent = await readFile(entry.torrent)
    if (entry.files.length === 0) return { torrent, local: null }
    const metainfo = await parseMetainfo(torrent)
    const copy = fitCopy(metainfo, entry.files)
    const { good } = await checkFiles(metainfo, copy, undefined, { signal })
    requireUnchanged(entry.files)
    const isWhole = reportOf(metainfo, copy, good).files.length === 0
    const local = isWhole ? await this.#placed({ torrent }, entry) : null
    return local && { torrent, local }
  }

  /** Publishes what was prepared: as it was before, or on the terms of the version that it replaces. Errors: as of `Shares.publish`. */
  async publish(entry: Entry, disk: Disk, { local, torrent }: Prepared): Promise<void> {
    const { log, origin, shareCache, shares } = this.#options
    const memory = this.#memory
    const { share } = await shares.read({ kind: 'torrent', bytes: torrent })
    const { infoHash } = share
    const same = memory.published.filter(known => known.infoHash === infoHash)
    const traits = memory.withdrawn.get(infoHash)
    const words = await this.#wordsOf(entry.name)
    // What the seeder fetched of it, or has open of its former files, makes way.
    if (same.length > 0) shareCache.drop(infoHash)
    if (local) shareCache.adopt(local)
    const isBack = traits ? await shares.restore(share, traits, origin, TERMS) : false
    const { ownerKey } = await shares.publish(share, words, origin, TERMS)
    if (local) shareCache.seed(infoHash)
    else await shareCache.pin(infoHash)

    const ours = isBack || ownerKey !== undefined || same.some(known => known.ours)
    const published = { name: entry.name, signature: entry.signature, infoHash, ours, ...disk }
    memory.published = [
      ...memory.published.filter(known => known.name !== entry.name || known.infoHash !== infoHash),
      published,
    ]
    memory.withdrawn.delete(infoHash)
    this.#offered.add(published)
    await memory.save()
    log.info(
      { name: entry.name, infoHash, page: `/d/${infoHash}` },
      isBack ? 'published again from the publish folder' : 'published from the publish folder',
    )
  }

  /** The entry is certainly gone, or certainly another: the link stops working, unless somebody else published it. */
  async takeBack(known: Published, reason: 'removed' | 'changed'): Promise<void> {
    const { log, shareCache, shares } = this.#options
    const { infoHash, name } = known
    const others = this.#othersOf(known)
    // A file and a `.torrent` of it may both have been published, one after the other.
    if (others.length > 0) {
      const ours = known.ours || others.some(other => other.ours)
      for (const other of others) this.#replace(other, { ...other, ours })
      return this.#forget(known)
    }
    if (known.ours) {
      const traits = await this.#traitsOf(infoHash)
      if (traits) this.#memory.withdrawn.set(infoHash, { ...traits, name })
    }
    await this.#forget(known)
    shareCache.drop(infoHash)
    if (known.ours) await shares.removeOwn(infoHash)
    log.info({ name, infoHash, reason, linkStays: !known.ours }, 'taken back from the publish folder')
  }

  async #forget(known: Published): Promise<void> {
    this.#offered.delete(known)
    this.#memory.published = this.#memory.published.filter(other => other !== known)
    await this.#memory.save()
  }

  #replace(known: Published, by: Published): void {
    this.#memory.published = this.#memory.published.map(other => (other === known ? by : other))
    if (this.#offered.delete(known)) this.#offered.add(by)
  }

  /** The files of an entry in metainfo order, or null if one of them is missing. Errors: those of `parseMetainfo`. */
  async #placed(source: Source, { files }: Entry): Promise<LocalShare | null> {
    const { isWhole, metainfo, order, torrent } = await this.#options.metainfo.placed(source, files)
    if (!isWhole) return null
    return new LocalShare(
      metainfo,
      torrent,
      Array.from(order, place => files[place] ?? null),
    )
  }

  #othersOf(known: Published): readonly Published[] {
    return this.#memory.published.filter(other => other !== known && other.infoHash === known.infoHash)
  }

  async #traitsOf(infoHash: InfoHash): Promise<ShareTraits | null> {
    const { store } = this.#options
    const record = await store.findBrief(infoHash, -1)
    const ownerKeyHash = await store.findOwnerKeyHash(infoHash)
    if (!record || !ownerKeyHash) return null
    const { createdAt, description, listed, title } = record
    return { title, description, listed, ownerKeyHash, createdAt }
  }

  /** The terms of what had this name before: a new version of what was unlisted must not be listed. */
  async #wordsOf(name: string): Promise<ShareWords> {
    const { published, withdrawn } = this.#memory
    const former = published.findLast(known => known.name === name)
    if (former) return former.ours ? ((await this.#traitsOf(former.infoHash)) ?? {}) : {}
    return [...withdrawn.values()].findLast(known => known.name === name) ?? {}
  }
}
