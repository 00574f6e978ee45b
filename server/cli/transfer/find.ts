import type { SharePlan } from '../../../lib/publish/plan.ts'
import {
  type FindOptions,
  findFiles,
  type LocalFile,
  type Skipped,
} from '../../node-engine/hashing/local-files.ts'
import { planTorrent, type TorrentOptions } from '../../node-engine/hashing/make-torrent.ts'
import { flag, type Values } from '../options.ts'
import type { Output } from '../output.ts'

/** Options of every command that takes files of this machine. */
export const FIND_OPTIONS = {
  'follow-links': flag('Follow symbolic links inside folders. Without it they are left out, and named.'),
}

const WORDS: Readonly<Record<Skipped['reason'], string>> = {
  link: 'a symbolic link; left out (--follow-links follows it)',
  missing: 'a link that leads nowhere; left out',
  loop: 'a link to a folder that contains it; left out',
  special: 'not a file or folder; left out',
  closed: 'cannot be read; left out',
  'not-utf8': 'its name is not UTF-8; left out',
}

/** Files to publish, and what was left out or renamed, as `--json` shows it. */
export interface FoundFiles {
  readonly files: readonly LocalFile[]
  readonly leftOut: readonly { readonly path: string; readonly reason: Skipped['reason'] }[]
  readonly renamed: SharePlan['renamed']
}

type FindAllOptions = Values<typeof FIND_OPTIONS> &
  Pick<FindOptions, 'exclude'> &
  Pick<TorrentOptions, 'junk'>

/**
 * The files at and below `paths`, each once. What is left out or renamed is named, a line each. Errors: those of `findFiles`
 * (a path that was given must be there) and of `planTorrent`.
 */
export async function findAll(
  paths: readonly string[],
  output: Output,
  { exclude, junk, 'follow-links': follows }: FindAllOptions,
): Promise<FoundFiles> {
  const files = new Map<string, LocalFile>()
  const leftOut: FoundFiles['leftOut'][number][] = []
  for (const path of paths) {
    const found = await findFiles(path, { exclude, links: follows ? 'follow' : 'skip' })
    for (const { location, reason } of found.skipped) {
      output.note(`${location}: ${WORDS[reason]}`)
      leftOut.push({ path: location, reason })
    }
    for (const file of found.files) files.set(JSON.stringify([file.path, file.location]), file)
  }
  const all = [...files.values()]
  const { renamed } = planTorrent(all, { junk })
  for (const { from, to } of renamed) output.note(`${from}: no .torrent can have this name; in it as ${to}`)
  return { files: all, leftOut, renamed }
}
