import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toAppError } from '../../../lib/base/errors.ts'
import { checkPath, isJunkFile } from '../../../lib/torrent/paths.ts'
import { findFiles, type LocalFile, type Skipped } from '../../node-engine/hashing/local-files.ts'
import { finishedFiles, isUnfinishedName, unfinishedBesides } from './unfinished.ts'

/** A file or folder in the publish folder in its current state; or a `.torrent`, with its content if that is beside it. */
export interface Entry {
  readonly name: string
  /** Location of the `.torrent`, or null if one must be made of the files. */
  readonly torrent: string | null
  /** The content; empty for a `.torrent` alone, whose content is fetched from its swarm. */
  readonly files: readonly LocalFile[]
  /** Changes with the name, size or time of any file of the content. */
  readonly signature: string
  /** Changes with any file in it, also one that is left out, and when a file is replaced by another that looks the same. */
  readonly state: string
  /** Every file in it, for whether somebody writes to one. */
  readonly locations: readonly string[]
  /** A program marks it as unfinished: it is not published yet. */
  readonly isUnfinished: boolean
}

/** Why something in the folder is not published: as of `Skipped`, or `name` one that no `.torrent` can have, or `unfinished`. */
interface PassedOver {
  readonly location: string
  readonly reason: Skipped['reason'] | 'name' | 'unfinished'
}

/** What one look at the folder found. */
export interface Look {
  /** Number of the file system that the folder is on. */
  readonly device: number
  readonly entries: readonly Entry[]
  readonly passedOver: readonly PassedOver[]
  /** Names of which something is there, with their device, also when it could not be read or has no file. */
  readonly present: ReadonlyMap<string, number>
  /** Names of which something may be there that could not be read. */
  readonly unsure: ReadonlySet<string>
}

/**
 * Reads the folder, without hidden and system files. Nothing in it fails the rest. Errors: the file system's own when the
 * folder itself cannot be read.
 */
export async function lookAt(folder: string): Promise<Look> {
  const { dev: device } = await stat(folder)
  const entries: Entry[] = []
  const passedOver: PassedOver[] = []
  const present = new Map<string, number>()
  const unsure = new Set<string>()
  const bytes = await readdir(folder, { encoding: 'buffer' })
  const names = bytes.map(name => name.toString())
  const held = unfinishedBesides(names)

  for (const [index, name] of names.entries()) {
    const location = join(folder, name)
    const pass = (reason: PassedOver['reason']) => passedOver.push({ location, reason })
    if (name.startsWith('.') || isJunkFile([name])) continue
    if (!bytes[index]?.equals(Buffer.from(name))) {
      pass('not-utf8')
      continue
    }
    const found = await lstat(location).catch((reason: NodeJS.ErrnoException) => reason)
    if (found instanceof Error) {
      if (found.code !== 'ENOENT') unsure.add(name)
      continue
    }
    present.set(name, found.dev)
    const refusal = refusalOf(name, found)
    if (refusal) {
      pass(refusal)
      continue
    }
    const listing = await findFiles(location).catch(toAppError)
    if (listing instanceof Error) {
      unsure.add(name)
      pass('closed')
      continue
    }
    passedOver.push(...listing.skipped)
    if (listing.skipped.some(({ reason }) => reason === 'closed')) unsure.add(name)
    const { content, odd } = contentOf(listing.files)
    passedOver.push(...odd)
    const entry = entryOf(name, content, listing.files)
    if (entry) entries.push({ ...entry, isUnfinished: held.has(name) })
  }
  return { device, entries, passedOver, present, unsure }
}

function refusalOf(name: string, found: Stats): PassedOver['reason'] | null {
  if (!canBeNamed([name])) return 'name'
  if (isUnfinishedName(name)) return 'unfinished'
  return found.isSymbolicLink() ? 'link' : null
}

function canBeNamed(path: readonly string[]): boolean {
  try {
    checkPath(path)
    return true
  } catch {
    return false
  }
}

/** The files that are published, and those that are not; system files are not reported. */
function contentOf(all: readonly LocalFile[]) {
  const files = all.filter(({ path }) => !isJunkFile(path))
  const named = files.filter(({ path }) => canBeNamed(path))
  const content = finishedFiles(named)
  const taken = new Set(content)
  const odd = files
    .filter(file => !taken.has(file))
    .map(
      ({ location, path }): PassedOver => ({
        location,
        reason: canBeNamed(path) ? 'unfinished' : 'name',
      }),
    )
  return { content, odd }
}

function entryOf(
  name: string,
  content: readonly LocalFile[],
  all: readonly LocalFile[],
): Omit<Entry, 'isUnfinished'> | null {
  const [first] = content
  if (!first) return null
  const isTorrent = name.endsWith('.torrent') && first.path.length === 1
  return {
    name,
    torrent: isTorrent ? first.location : null,
    files: isTorrent ? [] : content,
    signature: hashOf(content.map(({ file, path }) => [path, file.size, file.modified])),
    state: hashOf(all.map(({ file, path }) => [path, file.size, file.modified, file.inode])),
    locations: all.map(({ location }) => location),
  }
}

function hashOf(parts: readonly unknown[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(JSON.stringify(part))
  return hash.digest('hex')
}
