import { createWriteStream } from 'node:fs'
import {
  chmod,
  chown,
  type FileHandle,
  link,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../../lib/base/errors.ts'
import { FolderLock } from '../base/folder-lock.ts'
import { makeFolder } from '../base/make-folder.ts'
import { DATA_LOCK } from '../config/config.ts'
import { toDiskError } from '../node-engine/disk-error.ts'
import { SEEDER_LOCK } from '../seeder/link/seeder-options.ts'
import type { ServerFolders } from './backup.ts'
import { DATABASE, SEEDER, SETTINGS_FILE } from './format.ts'
import { contentOf, readBackup } from './read-backup.ts'
import type { TarEntry } from './tar.ts'

/** Beside the database; the next start of a server replaces `settings.env` with its own. */
const RESTORED_SETTINGS = 'restored-settings.env'

interface Restored {
  /** When the backup was made. */
  readonly createdAt: string
  readonly cachedShares: number
  /** Folder of what was there before; null when there was nothing. */
  readonly movedTo: string | null
  /** File of the settings of the server; null when the backup has none. */
  readonly settings: string | null
}

/**
 * Puts what a backup holds into the folders of a server that does not run. What was there is moved aside, and nothing is deleted:
 * records of cached shares that the backup does not have stay too, so that no copy is lost. Nothing is changed unless
 * the whole backup is readable and on the disk. Errors: `backup_invalid`; `folder_in_use` while a server or a seeder runs there;
 * `file_unreadable`, `storage_full`, `storage_failed`.
 */
export async function restore(file: string, folders: ServerFolders): Promise<Restored> {
  const backup = await open(file).catch(cause => {
    throw new AppError('file_unreadable', file, { cause })
  })
  try {
    const { entries, head } = await readBackup(backup, file)
    const locks = await lock(folders)
    try {
      const { movedTo, settings } = await putInPlace(backup, entries, folders)
      const cachedShares = entries.filter(({ path }) => path.endsWith('.torrent')).length
      return { createdAt: head.createdAt, cachedShares, movedTo, settings }
    } finally {
      for (const held of locks) held.release()
    }
  } catch (reason) {
    throw toDiskError(reason)
  } finally {
    await backup.close()
  }
}

async function lock({ data, seeder }: ServerFolders): Promise<readonly FolderLock[]> {
  const held: FolderLock[] = []
  try {
    for (const [folder, name] of [
      [data, DATA_LOCK],
      [seeder, SEEDER_LOCK],
    ] as const) {
      await makeFolder(folder, { mode: 0o700 })
      held.push(FolderLock.take(folder, name))
    }
    return held
  } catch (reason) {
    for (const lock of held) lock.release()
    throw reason
  }
}

async function putInPlace(backup: FileHandle, entries: readonly TarEntry[], folders: ServerFolders) {
  const staged = await mkdtemp(join(folders.data, '.restoring-'))
  const stagedSeeder = await mkdtemp(join(folders.seeder, '.restoring-'))
  try {
    const stagedAt = (path: string) =>
      path.startsWith(SEEDER) ? join(stagedSeeder, path.slice(SEEDER.length)) : join(staged, path)
    for (const entry of entries) await writeOut(backup, entry, stagedAt(entry.path))
    // From here on there is nothing left to fail but a disk.
    const aside = new Aside(folders.data)
    await aside.move('tabseed.sqlite-wal', 'tabseed.sqlite-shm', 'tracker.json')
    await aside.keep(DATABASE)
    let settings: string | null = null
    // The database last: without its new one, a server refuses what lies beside it, or finds the old one.
    for (const { path } of [...entries].sort(
      (a, b) => Number(a.path === DATABASE) - Number(b.path === DATABASE),
    )) {
      const name = path === SETTINGS_FILE ? RESTORED_SETTINGS : path
      const target = path.startsWith(SEEDER)
        ? join(folders.seeder, path.slice(SEEDER.length))
        : join(folders.data, name)
      if (path === SETTINGS_FILE) settings = target
      await takeOwner(stagedAt(path), folders.data)
      await rename(stagedAt(path), target)
    }
    return { movedTo: aside.folder, settings }
  } finally {
    await rm(staged, { recursive: true, force: true })
    await rm(stagedSeeder, { recursive: true, force: true })
  }
}

async function writeOut(backup: FileHandle, entry: TarEntry, path: string): Promise<void> {
  const bytes = Readable.from(contentOf(backup, entry), { objectMode: false })
  await pipeline(bytes, createWriteStream(path, { mode: 0o600, flush: true }))
}

/** Who restores as root restores for the user that the server runs as, whose folder it is. */
async function takeOwner(path: string, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { gid, uid } = await stat(folder)
  await chown(path, uid, gid)
  await chmod(path, 0o600)
}

/** A folder for what was there before, made when there is something. */
class Aside {
  folder: string | null = null
  readonly #from: string

  constructor(from: string) {
    this.#from = from
  }

  async move(...names: readonly string[]): Promise<void> {
    for (const name of await this.#present(names)) {
      await rename(join(this.#from, name), join(await this.#made(), name))
    }
  }

  /** As `move`, but the file stays too, until another one takes its name. */
  async keep(name: string): Promise<void> {
    for (const present of await this.#present([name])) {
      await link(join(this.#from, present), join(await this.#made(), present))
    }
  }

  async #present(names: readonly string[]): Promise<readonly string[]> {
    const found = await readdir(this.#from)
    return names.filter(name => found.includes(name))
  }

  async #made(): Promise<string> {
    this.folder ??= await mkdtemp(
      join(this.#from, `before-restore-${new Date().toISOString().slice(0, 10)}-`),
    )
    return this.folder
  }
}
