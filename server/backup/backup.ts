import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { toDiskError } from '../node-engine/disk-error.ts'
import { copyDatabase } from '../shares/copy/database-copy.ts'
import { refuseMoved } from '../shares/postgres/identity.ts'
import {
  CONTENTS,
  type Contents,
  DATABASE,
  FORMAT_VERSION,
  HEAD,
  type Head,
  SEEDER,
  SEEDER_RECORD,
  SETTINGS_FILE,
  TRACKER_STATE,
} from './format.ts'
import { TarWriter } from './tar.ts'

/** Where a server keeps what it must not lose. */
export interface ServerFolders {
  readonly data: string
  /** The seeder's. */
  readonly seeder: string
}

interface Made {
  readonly shares: number
  readonly cachedShares: number
  /** Of the backup. */
  readonly bytes: number
}

/**
 * Writes all that a server must not lose into `file`, readable by its owner only, while the server may run: shares, states of
 * tracker, seeder and publish folder, settings without secrets. Not the bytes of cached shares. `file` is the whole backup or
 * what it was before. Errors: `file_unreadable` if there is no usable database, `storage_full`, `storage_failed`.
 */
export async function backUp(folders: ServerFolders, file: string): Promise<Made> {
  refuseShared(folders.data)
  const database = join(folders.data, DATABASE)
  await stat(database).catch(cause => {
    throw new AppError('file_unreadable', database, { cause })
  })
  const copy = `${file}.database`
  const unfinished = `${file}.new`
  try {
    // Read before the database: what was deleted meanwhile is in neither.
    const records = await recordsIn(folders.seeder)
    const { migrations, shares } = await copyDatabase(database, copy).catch(toCopyError)
    const now = new Date()
    const head = {
      format: 'tabseed-backup',
      version: FORMAT_VERSION,
      createdAt: now.toISOString(),
      migrations,
    }
    await writeArchive(unfinished, now, head as Head, [
      [DATABASE, copy],
      [TRACKER_STATE, join(folders.data, TRACKER_STATE)],
      [SETTINGS_FILE, join(folders.data, SETTINGS_FILE)],
      ...records.map(name => [SEEDER + name, join(folders.seeder, name)] as const),
    ])
    await rename(unfinished, file)
    await flushFolder(dirname(file))
    const cachedShares = records.filter(name => name.endsWith('.torrent')).length
    return { shares, cachedShares, bytes: (await stat(file)).size }
  } catch (reason) {
    throw toDiskError(reason)
  } finally {
    await rm(copy, { force: true }).catch(() => undefined)
    await rm(unfinished, { force: true }).catch(() => undefined)
  }
}

/** Errors: `file_unreadable`, with what backs up a server whose shares are in PostgreSQL. */
function refuseShared(data: string): void {
  try {
    refuseMoved(data)
  } catch {
    throw new AppError(
      'file_unreadable',
      `the shares of ${data} are in PostgreSQL: back them up with pg_dump, and that folder as any files (docs/cluster.md)`,
    )
  }
}

type Source = readonly [path: string, file: string]

async function writeArchive(file: string, now: Date, head: Head, sources: readonly Source[]): Promise<void> {
  const archive = await open(file, 'w', 0o600)
  try {
    const tar = new TarWriter(archive, now)
    const addJson = (path: string, value: unknown) => {
      const bytes = Buffer.from(`${JSON.stringify(value, null, 1)}\n`)
      return tar.add(path, bytes.length, [bytes])
    }
    await addJson(HEAD, head)
    const files: Contents['files'] = []
    for (const source of sources) {
      const added = await addFile(tar, source)
      if (added) files.push(added)
    }
    await addJson(CONTENTS, { files })
    await tar.end()
    await archive.sync()
  } finally {
    await archive.close()
  }
}

/** Null for a file that is not there: not every server has one, and a record may have gone meanwhile. */
async function addFile(tar: TarWriter, [path, file]: Source): Promise<Contents['files'][number] | null> {
  const hash = createHash('sha256')
  if (path === DATABASE) {
    const { size: length } = await stat(file)
    const hashed = async function* () {
      for await (const chunk of createReadStream(file)) {
        hash.update(chunk)
        yield chunk
      }
    }
    await tar.add(path, length, hashed())
    return { path, length, sha256: hash.digest('hex') }
  }
  // Each of them is replaced as a whole while we read.
  const bytes = await readFile(file).catch(ignoreMissing)
  if (!bytes) return null
  await tar.add(path, bytes.length, [bytes])
  return { path, length: bytes.length, sha256: hash.update(bytes).digest('hex') }
}

/** Names of the records in the seeder's folder; none without a seeder. */
async function recordsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? []
  return names.filter(name => SEEDER_RECORD.test(name)).sort()
}

function ignoreMissing(reason: NodeJS.ErrnoException): null {
  if (reason.code === 'ENOENT') return null
  throw reason
}

function toCopyError(cause: unknown): never {
  const error = toDiskError(cause)
  if (error.code === 'storage_full') throw error
  const { errno } = cause as NodeJS.ErrnoException
  throw errno === undefined ? new AppError('file_unreadable', error.detail, { cause }) : error
}

/** The new name is on the disk too. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
