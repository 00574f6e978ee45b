import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { openStoreDirectory, type Stores } from '../shares/database.ts'

/** The stores that the configuration names. Errors: as of `openStoreDirectory`, `openPostgres`. */
export async function openDatabase(config: Config, log: Log): Promise<Stores> {
  if (config.database === undefined) {
    return openStoreDirectory(config.data, file => log.info({ file }, 'database copied before its upgrade'))
  }
  // Loaded here: who has one server alone needs no client of it.
  const { openPostgres } = await import('../shares/postgres/open.ts')
  return openPostgres(config.database, log)
}
