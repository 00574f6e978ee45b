import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { toDiskError } from '../disk-error.ts'

/** What is remembered of a kept share; times in milliseconds since 1970, amounts in bytes. */
export interface KeptRecord {
  readonly infoHash: InfoHash
  readonly length: number
  readonly keptSince: number
  /** When somebody last took bytes of it. */
  readonly usedAt: number
  readonly uploaded: number
  /** Never let go of to make room or by age. */
  readonly pinned: boolean
}

const recordSchema = z.object({
  keptSince: z.number(),
  usedAt: z.number(),
  uploaded: z.number(),
  pinned: z.boolean(),
})

const TORRENT = /^[0-9a-f]{40}\.torrent$/

/** Empty file that says: this share was kept, and let go of. */
const LET_GO = /^([0-9a-f]{40})\.gone$/

/** Folder of a share's bytes, as the store names it. */
const BYTES = /^[0-9a-f]{40}$/

/** A share that is kept, with what it is. */
export interface Kept {
  readonly record: KeptRecord
  readonly torrent: Uint8Array
  readonly metainfo: Metainfo
}

/**
 * What the seeder keeps, in its own folder: `<info hash>.torrent` says that a share is kept, `<info hash>.json` how it is
 * used, `<info hash>.gone` that it was let go of. Each is written beside its place and renamed, so that a kill leaves the old one or the new one.
 */
export class KeptRecords {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Everything that is kept; what can't be read is left alone and not kept. Bytes of shares that were being let go of
   * when this process was killed go now.
   */
  async load(): Promise<readonly Kept[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const kept: Kept[] = []
    const names = new Set(await readdir(this.#folder))
    for (const name of names) {
      if (BYTES.test(name) && !names.has(`${name}.torrent`)) {
        await rm(join(this.#folder, name), { recursive: true, force: true })
      }
      if (!TORRENT.test(name)) continue
      const found = await readTorrent(join(this.#folder, name)).catch(() => null)
      if (!found || name !== `${found.metainfo.infoHash}.torrent`) continue
      kept.push({ ...found, record: await this.#readRecord(found.metainfo) })
    }
    return kept
  }

  /** Keep a share from now on. Errors: `storage_full`, `storage_failed`. */
  async add({ record, torrent }: Kept): Promise<void> {
    await this.save(record)
    await this.#replace(`${record.infoHash}.torrent`, torrent)
    await rm(join(this.#folder, `${record.infoHash}.gone`), { force: true })
  }

  /** Remember how a share is used. Errors: `storage_full`, `storage_failed`. */
  async save({ infoHash, length: _, ...record }: KeptRecord): Promise<void> {
    await this.#replace(`${infoHash}.json`, JSON.stringify(record))
  }

  /** The share is not kept any more; its bytes are the store's. */
  async remove(infoHash: InfoHash): Promise<void> {
    await rm(join(this.#folder, `${infoHash}.torrent`), { force: true })
    await rm(join(this.#folder, `${infoHash}.json`), { force: true })
  }

  /** As `remove`, and remember that it was kept. */
  async letGo(infoHash: InfoHash): Promise<void> {
    // On a full disk it is forgotten: making room matters more.
    await this.#replace(`${infoHash}.gone`, '').catch(() => undefined)
    await this.remove(infoHash)
  }

  async wasLetGo(infoHash: InfoHash): Promise<boolean> {
    return await access(join(this.#folder, `${infoHash}.gone`)).then(
      () => true,
      () => false,
    )
  }

  /** Of what was let go of remember only these. */
  async forgetLetGo(except: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const [, infoHash] = LET_GO.exec(name) ?? []
      if (infoHash !== undefined && !except.has(infoHash)) await rm(join(this.#folder, name), { force: true })
    }
  }

  async #readRecord({ infoHash, length }: Metainfo): Promise<KeptRecord> {
    const now = Date.now()
    const unknown = { keptSince: now, usedAt: now, uploaded: 0, pinned: false }
    const text = await readFile(join(this.#folder, `${infoHash}.json`), 'utf8').catch(() => '{}')
    return { infoHash, length, ...(recordSchema.safeParse(parseJson(text)).data ?? unknown) }
  }

  async #replace(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#folder, name)
    try {
      await writeFile(`${path}.new`, content, { mode: 0o600, flush: true })
      await rename(`${path}.new`, path)
    } catch (reason) {
      await rm(`${path}.new`, { force: true })
      throw toDiskError(reason)
    }
  }
}

async function readTorrent(path: string): Promise<Omit<Kept, 'record'>> {
  const torrent = await readFile(path)
  return { torrent, metainfo: await parseMetainfo(torrent) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
