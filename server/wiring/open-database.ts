import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { openStoreDirectory, type Stores } from '../shares/database.ts'
import { refuseMoved } from '../shares/postgres/identity.ts'
import type { ClusterStores } from '../shares/postgres/open.ts'

interface OpenDatabase {
  readonly stores: Stores
  /** The same where several nodes may use them; null: this server is alone. */
  readonly shared: ClusterStores | null
}

/** The stores that the configuration names. Errors: as of `openStoreDirectory`, `openPostgres`. */
export async function openDatabase(config: Config, log: Log): Promise<OpenDatabase> {
  if (config.database === undefined) {
    refuseMoved(config.data)
    const onCopied = (file: string) => log.info({ file }, 'database copied before its upgrade')
    return { stores: await openStoreDirectory(config.data, onCopied), shared: null }
  }
  // Loaded here: who has one server alone needs no client of it.
  const { openPostgres } = await import('../shares/postgres/open.ts')
  const shared = await openPostgres(config.database, log)
  return { stores: shared, shared }
}
