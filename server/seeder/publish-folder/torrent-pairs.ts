import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type InfoHash, parseInfoHash } from '../../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { type Found, findFiles, type LocalFile } from '../../node-engine/hashing/local-files.ts'

/** A file or folder in the publish folder, as it is now; or a `.torrent`, and what it describes if that lies beside it. */
export interface Entry {
  readonly name: string
  /** Location of the `.torrent`, or null when one is to be made of the files. */
  readonly torrent: string | null
  /** The content; none of a `.torrent` alone, which is fetched from whoever announces it here. */
  readonly files: readonly LocalFile[]
  /** Changes with the name, size or time of any file in it. */
  readonly signature: string
}

/** What was published of an entry. */
export interface Published {
  readonly signature: string
  readonly infoHash: InfoHash
  /** Ours to delete when the entry goes: nobody had published it before. */
  readonly ours: boolean
}

const publishedSchema = z.record(
  z.string(),
  z.object({
    signature: z.string(),
    infoHash: z
      .string()
      .transform((text, context) => parseInfoHash(text) ?? context.addIssue('no info hash') ?? z.NEVER),
    ours: z.boolean(),
  }),
)

/** What lies in `folder` now; hidden files and those that are still being copied by usual tools are passed over. */
export async function readEntries(folder: string): Promise<readonly Entry[]> {
  const names = await readdir(folder)
  const entries: Entry[] = []
  for (const name of names.filter(name => !/^\.|~$|\.(?:part|partial|crdownload|tmp)$/i.test(name))) {
    const found = await findFiles(join(folder, name), { within: folder }).catch(() => null)
    const first = found?.files[0]
    if (!found || !first) continue
    const isTorrent = name.endsWith('.torrent') && first.path.length === 1
    const content = isTorrent ? { torrent: first.location, files: [] } : { torrent: null, files: found.files }
    entries.push({ name, ...content, signature: signatureOf(found) })
  }
  return entries
}

/** Brings each `.torrent` together with what it describes, where that lies beside it. */
export class TorrentPairs {
  /** What the `.torrent` of a signature describes, or null when it is none. */
  readonly #described = new Map<string, string | null>()
  readonly #unfit = new Set<string>()

  /**
   * Pairs are one entry, with the name of the `.torrent`. What they pair is an entry of its own only if `isPublished`: a
   * link that was given out stays.
   */
  async join(entries: readonly Entry[], isPublished: (name: string) => boolean): Promise<readonly Entry[]> {
    const contents = new Map(
      entries.filter(({ torrent }) => torrent === null).map(entry => [entry.name, entry]),
    )
    const paired = new Set<Entry>()
    const joined: Entry[] = []
    for (const entry of entries) {
      const content = contents.get((await this.#describedBy(entry)) ?? '')
      const signature = `${entry.signature}/${content?.signature}`
      if (!content || this.#unfit.has(signature)) joined.push(entry)
      else {
        paired.add(content)
        joined.push({ ...entry, files: content.files, signature })
      }
    }
    return joined.filter(entry => !paired.has(entry) || isPublished(entry.name))
  }

  /** What lies beside the `.torrent` of this entry is something else; each is on its own until one of them changes. */
  part({ signature }: Entry): void {
    this.#unfit.add(signature)
  }

  async #describedBy({ signature, torrent }: Entry): Promise<string | null> {
    if (torrent === null) return null
    let name = this.#described.get(signature)
    if (name === undefined) {
      const read = readFile(torrent).then(parseMetainfo)
      name = await read.then(metainfo => metainfo.name).catch(() => null)
      this.#described.set(signature, name)
    }
    return name
  }
}

function signatureOf({ files }: Found): string {
  const hash = createHash('sha256')
  for (const { file, path } of files) hash.update(JSON.stringify([path, file.size, file.modified]))
  return hash.digest('hex')
}

/** What was published before this process began, by entry name; nothing when that can't be read. */
export async function loadPublished(path: string): Promise<Map<string, Published>> {
  const text = await readFile(path, 'utf8').catch(() => '{}')
  try {
    return new Map(Object.entries(publishedSchema.parse(JSON.parse(text))))
  } catch {
    return new Map()
  }
}

/** Written beside its place and renamed: a kill leaves the old one or the new one. */
export async function savePublished(path: string, published: ReadonlyMap<string, Published>): Promise<void> {
  await mkdir(join(path, '../..'), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.new`, JSON.stringify(Object.fromEntries(published)), { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}
