import { dirname } from 'node:path'
import { z } from 'zod'
import { type InfoHash, parseInfoHash } from '../../../lib/torrent/ids.ts'
import { writeAtomic } from '../../base/atomic-write.ts'
import type { Log } from '../../base/log.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { readState } from '../../base/read-state.ts'
import type { ShareTraits } from '../../shares/shares.ts'

/** Most shares that were taken back and could return as they were; the newest stay. */
const WITHDRAWN_MAX = 10_000

/** A state of an entry, and the share as which it was published. */
export interface Published {
  readonly name: string
  readonly signature: string
  readonly infoHash: InfoHash
  /** Deleted when the entry is removed: nobody had published it before. */
  readonly ours: boolean
  /** The entry is on a file system of its own, which may be unmounted while its folder stays. */
  readonly isMount: boolean
  /** Number of the file system that the publish folder was on when the entry was last there; null if not known. */
  device: number | null
}

const infoHash = z
  .string()
  .transform((text, context) => parseInfoHash(text) ?? context.addIssue('no info hash') ?? z.NEVER)

const memorySchema = z.object({
  published: z.array(
    z.object({
      name: z.string(),
      signature: z.string(),
      infoHash,
      ours: z.boolean(),
      isMount: z.boolean(),
      device: z.number().nullable().default(null),
    }),
  ),
  withdrawn: z.array(
    z.object({
      name: z.string(),
      infoHash,
      title: z.string(),
      description: z.string(),
      listed: z.boolean(),
      ownerKeyHash: z.base64().transform(text => new Uint8Array(Buffer.from(text, 'base64'))),
      createdAt: z.iso.datetime().transform(text => new Date(text)),
    }),
  ),
})

/** Before 0.2 the file was a record of what is published, by entry name. */
const formerSchema = z
  .record(z.string(), z.object({ signature: z.string(), infoHash, ours: z.boolean() }))
  .transform(record => ({
    published: Object.entries(record).map(([name, published]) => ({
      ...published,
      name,
      isMount: false,
      device: null,
    })),
    withdrawn: [],
  }))

/** What a process must know of the publish folder after a restart, in one file. Changes are on disk after `save`. */
export class FolderMemory {
  /** An entry that changed is here twice until its old share is taken back. */
  published: readonly Published[] = []
  /** What the shares were that were taken back, so that they return under the same terms. */
  readonly withdrawn = new Map<InfoHash, ShareTraits & { readonly name: string }>()
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** What an earlier process saved at `path`. A damaged file is put aside and logged. Errors: the file system's own. */
  static load(path: string, log: Log): FolderMemory {
    const memory = new FolderMemory(path)
    const found = readState(path, z.union([memorySchema, formerSchema]), log)
    memory.published = found?.published ?? []
    for (const { infoHash, ...traits } of found?.withdrawn ?? []) memory.withdrawn.set(infoHash, traits)
    return memory
  }

  /** Creates the file's folder if it is missing. Errors: the file system's own. */
  async save(): Promise<void> {
    const { published } = this
    const withdrawn = [...this.withdrawn].slice(-WITHDRAWN_MAX).map(([infoHash, traits]) => ({
      infoHash,
      ...traits,
      ownerKeyHash: Buffer.from(traits.ownerKeyHash).toString('base64'),
    }))
    await makeFolder(dirname(this.#path), { mode: 0o700 })
    await writeAtomic(this.#path, JSON.stringify({ published, withdrawn }))
  }
}
