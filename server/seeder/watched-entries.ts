import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import { type Found, findFiles } from '../hashing/local-files.ts'

/** A file or folder in the publish folder, as it is now. */
export interface Entry extends Found {
  readonly name: string
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
    if (found && found.files.length > 0) entries.push({ ...found, name, signature: signatureOf(found) })
  }
  return entries
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
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.new`, JSON.stringify(Object.fromEntries(published)), { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}
