import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { FolderLock } from '../base/folder-lock.ts'
import { DATA_LOCK } from '../config/config.ts'
import { reasonAway } from '../shares/postgres/database-error.ts'
import { DATABASE } from './format.ts'

interface Moved {
  /** The SQLite database, which stays as it is. */
  readonly from: string
  readonly tables: readonly { readonly table: string; readonly rows: number }[]
}

/**
 * Copies the shares of a server that does not run, with `data` as its directory, to the empty PostgreSQL database at `url`: all or
 * nothing. Errors: `folder_in_use` while a server runs there; `file_unreadable` without one; `database_away` with what is wrong with either database.
 */
export async function moveDatabase(data: string, url: string): Promise<Moved> {
  const from = join(data, DATABASE)
  await stat(from).catch(cause => {
    throw new AppError('file_unreadable', from, { cause })
  })
  const lock = FolderLock.take(data, DATA_LOCK)
  try {
    const { copyToPostgres } = await import('../shares/copy/to-postgres.ts')
    return { from, tables: await copyToPostgres(from, url) }
  } catch (reason) {
    if (reason instanceof AppError && reason.code !== 'database_away') throw reason
    throw new AppError('database_away', reasonAway(reason), { cause: reason })
  } finally {
    lock.release()
  }
}
