import { join, resolve } from 'node:path'
import type { ServerFolders } from '../backup/backup.ts'
import { text, value } from './options.ts'

/** Where the data of a server of this machine is; the server's own settings unless they are given. */
export const SERVER_FOLDER_OPTIONS = {
  data: value("The server's data directory. Default: TABSEED_DATA, else ./data.", 'DIR', text),
  'seeder-dir': value(
    'The folder of its seeder. Default: TABSEED_SEEDER_DIR, else `seeder` in the data directory.',
    'DIR',
    text,
  ),
}

export function serverFolders(options: {
  readonly data: string | undefined
  readonly 'seeder-dir': string | undefined
}): ServerFolders {
  const data = resolve(options.data ?? (process.env['TABSEED_DATA'] || './data'))
  const seeder = options['seeder-dir'] ?? process.env['TABSEED_SEEDER_DIR']
  return { data, seeder: seeder ? resolve(seeder) : join(data, 'seeder') }
}
