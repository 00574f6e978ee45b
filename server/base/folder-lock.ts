import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { AppError } from '../../lib/base/errors.ts'
import { makeFolder } from './make-folder.ts'

/** Who holds a lock: for the error message of whoever does not get it. Nothing depends on it. */
const holderSchema = z.object({
  pid: z.number(),
  host: z.string(),
  port: z.number().optional(),
})

/** Further facts about a holder. */
interface Facts {
  /** TCP port of its server. */
  readonly port?: number
}

const POLL_MS = 50
/** A disk that fails each time is broken. */
const TRIES_MAX = 20

/**
 * Exclusive use of a folder, among processes and within one. The lock is the kernel's, on a file in the folder, taken as
 * SQLite takes it: whichever way its holder ends, it is free, so that there is no stale lock to judge by a pid. It is as good
 * between machines as the file system's own locks.
 */
export class FolderLock {
  readonly #path: string
  readonly #database: Database.Database

  private constructor(path: string, database: Database.Database) {
    this.#path = path
    this.#database = database
  }

  /** Takes the lock called `name` in `folder`, which exists. Errors: `folder_in_use`, the file system's own, SQLite's. */
  static take(folder: string, name: string): FolderLock {
    const path = join(folder, name)
    for (let tries = 1; ; tries++) {
      const file = create(path)
      if (file === undefined) continue
      const database = new Database(path, { timeout: 0 })
      try {
        database.exec('BEGIN EXCLUSIVE')
      } catch (reason) {
        database.close()
        const code = String((reason as { code?: unknown }).code)
        // It was removed while SQLite looked at it. The next file may have the same inode.
        if (inode(path) !== file || (code === 'SQLITE_IOERR_FSTAT' && tries < TRIES_MAX)) continue
        if (!code.startsWith('SQLITE_BUSY')) throw reason
        throw new AppError('folder_in_use', `${folder} is in use by ${holderOf(path)}`)
      }
      // Somebody who held it may have removed the file in between: then another one is the lock now.
      if (inode(path) === file) {
        const lock = new FolderLock(path, database)
        lock.describe({})
        return lock
      }
      database.close()
    }
  }

  /** Errors: `folder_in_use` if somebody holds the lock called `name` in `folder`; nothing is left there. */
  static requireFree(folder: string, name: string): void {
    if (inode(join(folder, name)) !== undefined) FolderLock.take(folder, name).release()
  }

  /** As `take`, but waits up to `limitMs` for whoever holds it to end. */
  static async takeSoon(folder: string, name: string, limitMs: number): Promise<FolderLock> {
    const deadline = performance.now() + limitMs
    for (;;) {
      try {
        return FolderLock.take(folder, name)
      } catch (reason) {
        const isHeld = reason instanceof AppError && reason.code === 'folder_in_use'
        if (!isHeld || performance.now() > deadline) throw reason
        await delay(POLL_MS)
      }
    }
  }

  /** Adds facts about the holder, for the error message of whoever does not get the lock. */
  describe(facts: Facts): void {
    const holder = { pid: process.pid, host: hostname(), ...facts }
    try {
      writeFileSync(`${this.#path}.json`, JSON.stringify(holder), { mode: 0o600 })
    } catch {
      // A full disk: the message is shorter then.
    }
  }

  /** Gives it up; the file stays. */
  release(): void {
    rmSync(`${this.#path}.json`, { force: true })
    this.#database.close()
  }

  /** Gives it up and leaves nothing. */
  remove(): void {
    rmSync(this.#path, { force: true })
    this.release()
  }
}

/**
 * Makes the file, and says in the system's words why not; its inode, undefined if somebody has removed it since. It is never opened a second time: closing it would end
 * our locks on it.
 */
function create(path: string): bigint | undefined {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== 'EEXIST') throw reason
    try {
      accessSync(path, constants.R_OK | constants.W_OK)
    } catch (denied) {
      if ((denied as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw denied
    }
  }
  return inode(path)
}

const inode = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

function holderOf(path: string): string {
  try {
    const { host, pid, port } = holderSchema.parse(JSON.parse(readFileSync(`${path}.json`, 'utf8')))
    const parts = [
      `process ${pid}`,
      ...(host === hostname() ? [] : [`on ${host}`]),
      ...(port ? [`port ${port}`] : []),
    ]
    return `another Tabseed (${parts.join(', ')})`
  } catch {
    return 'another Tabseed'
  }
}

/** The lock `name` of `folder`, which is made if necessary, for its owner only. Errors: those of `FolderLock.take` and the file system. */
export async function lockFolder(folder: string, name: string): Promise<FolderLock> {
  await makeFolder(folder, { mode: 0o700 })
  return FolderLock.take(folder, name)
}
