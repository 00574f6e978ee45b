import { access, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { writeAtomic } from '../../base/atomic-write.ts'
import type { Log } from '../../base/log.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { readState } from '../../base/read-state.ts'
import { systemReason } from '../../base/system-reason.ts'
import { toDiskError } from '../../node-engine/disk-error.ts'

/** Persistent record of a cached share; times in milliseconds since 1970, amounts in bytes. */
export interface CacheRecord {
  readonly infoHash: InfoHash
  readonly length: number
  readonly keptSince: number
  /** When somebody last took bytes of it. */
  readonly usedAt: number
  readonly uploaded: number
  /** When all of it was last read and verified; null when it never was. */
  readonly checkedAt: number | null
  /** Dropped neither to make room nor by age. */
  readonly pinned: boolean
  /** Milliseconds that the seeder has run since the server stopped listing it; null while it does list it. See `Unlisted`. */
  readonly unlistedMs: number | null
}

const recordSchema = z.object({
  keptSince: z.number(),
  usedAt: z.number(),
  uploaded: z.number(),
  checkedAt: z.number().nullable().default(null),
  pinned: z.boolean(),
  unlistedMs: z.number().nonnegative().nullable().default(null),
})

/** The record of a share that is cached from `now` on, in milliseconds since 1970. */
export const newRecord = (
  share: Pick<CacheRecord, 'infoHash' | 'length' | 'pinned'>,
  now: number,
): CacheRecord => ({ ...share, keptSince: now, usedAt: now, uploaded: 0, checkedAt: null, unlistedMs: null })

const TORRENT = /^[0-9a-f]{40}\.torrent$/

/** Empty file that says: this share was cached, and dropped. */
const DROPPED = /^([0-9a-f]{40})\.gone$/

/** Folder of a share's bytes, named by the file store. */
const COPY = /^[0-9a-f]{40}$/

const UNREADABLE = 'the .torrent of a cached share is damaged, so its copy is not used; ask for it again'

/** A cached share: its record and its content. */
export interface CacheEntry {
  readonly record: CacheRecord
  readonly torrent: Uint8Array
  readonly metainfo: Metainfo
}

/**
 * Records of the cached shares, in the seeder's folder: `<info hash>.torrent` says that a share is cached,
 * `<info hash>.json` how it is used, `<info hash>.gone` that it was dropped. Each is written atomically.
 */
export class CacheRecords {
  readonly #folder: string

  readonly #log: Log

  constructor(folder: string, log: Log) {
    this.#folder = folder
    this.#log = log
  }

  /**
   * All cached shares; those whose `.torrent` is damaged or another's are left on disk, ignored, and logged. Copies of shares that were being dropped
   * when the process was killed are deleted now. Makes the folder if it is missing.
   */
  async load(): Promise<readonly CacheEntry[]> {
    await makeFolder(this.#folder, { mode: 0o700 })
    const entries: CacheEntry[] = []
    const names = new Set(await readdir(this.#folder))
    for (const name of names) {
      if (COPY.test(name) && !names.has(`${name}.torrent`)) {
        await rm(join(this.#folder, name), { recursive: true, force: true })
      }
      if (!TORRENT.test(name)) continue
      const found = await this.#readTorrent(name)
      if (found) entries.push({ ...found, record: this.#readRecord(found.metainfo) })
    }
    return entries
  }

  /** Record that a share is cached. Errors: `storage_full`, `storage_failed`. */
  async add({ record, torrent }: CacheEntry): Promise<void> {
    await this.save(record)
    await this.#replace(`${record.infoHash}.torrent`, torrent)
    await rm(join(this.#folder, `${record.infoHash}.gone`), { force: true })
  }

  /** Save how a share is used. Errors: `storage_full`, `storage_failed`. */
  async save({ infoHash, length: _, ...record }: CacheRecord): Promise<void> {
    await this.#replace(`${infoHash}.json`, JSON.stringify(record))
  }

  /** The share is no longer cached; its bytes are left to the store. */
  async remove(infoHash: InfoHash): Promise<void> {
    await rm(join(this.#folder, `${infoHash}.torrent`), { force: true })
    await rm(join(this.#folder, `${infoHash}.json`), { force: true })
  }

  /** As `remove`, and record that it was dropped. */
  async markDropped(infoHash: InfoHash): Promise<void> {
    // On a full disk this record is lost: making room matters more.
    await this.#replace(`${infoHash}.gone`, '').catch(() => undefined)
    await this.remove(infoHash)
  }

  /** Whether the share was cached before, and dropped since. */
  wasDropped(infoHash: InfoHash): Promise<boolean> {
    return access(join(this.#folder, `${infoHash}.gone`)).then(
      () => true,
      () => false,
    )
  }

  /** Delete the records of dropped shares, `except` those of these. */
  async forgetDropped({ except }: { readonly except: ReadonlySet<string> }): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const [, infoHash] = DROPPED.exec(name) ?? []
      if (infoHash !== undefined && !except.has(infoHash)) await rm(join(this.#folder, name), { force: true })
    }
  }

  #readRecord({ infoHash, length }: Metainfo): CacheRecord {
    const path = join(this.#folder, `${infoHash}.json`)
    const unknown = newRecord({ infoHash, length, pinned: false }, Date.now())
    return { ...unknown, ...readState(path, recordSchema, this.#log) }
  }

  async #readTorrent(name: string): Promise<Omit<CacheEntry, 'record'> | null> {
    const file = join(this.#folder, name)
    try {
      const torrent = await readFile(file)
      const metainfo = await parseMetainfo(torrent)
      if (name === `${metainfo.infoHash}.torrent`) return { torrent, metainfo }
      this.#log.error({ file, infoHash: metainfo.infoHash }, `${UNREADABLE}: it is another share's`)
    } catch (reason) {
      this.#log.error({ file, reason: systemReason(reason) }, UNREADABLE)
    }
    return null
  }

  async #replace(name: string, content: string | Uint8Array): Promise<void> {
    await writeAtomic(join(this.#folder, name), content).catch(reason => {
      throw toDiskError(reason)
    })
  }
}
