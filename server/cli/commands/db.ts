import { moveDatabase } from '../../backup/move-database.ts'
import { readSecret } from '../../config/secret-file.ts'
import { defineCommand, EXIT } from '../command.ts'
import { text, UsageError, value } from '../options.ts'
import { plural } from '../output.ts'
import { SERVER_FOLDER_OPTIONS, serverFolders } from '../server-folders.ts'

/** From one server to several. */
export const dbCopy = defineCommand({
  name: 'db copy',
  summary:
    "Copy a server's shares from SQLite to an empty PostgreSQL database, while the server does not run.",
  operands: '',
  count: [0, 0],
  options: {
    data: SERVER_FOLDER_OPTIONS.data,
    to: value(
      'The PostgreSQL database, postgres://…; a password in it shows in process lists. Default: $TABSEED_DATABASE, or the file that $TABSEED_DATABASE_FILE names.',
      'URL',
      text,
    ),
  },
  notes: [
    'All or nothing: what is not copied as a whole is not there. The SQLite database stays as it is. Afterwards start the server with TABSEED_DATABASE and the same data directory, which keeps the states of tracker and seeder.',
  ],
  examples: [
    ['tabseed db copy --data /var/lib/tabseed', 'to the database that TABSEED_DATABASE names'],
    ['tabseed db copy --to postgres://tabseed@127.0.0.1/tabseed', 'from ./data'],
  ],
  async run({ options, output }) {
    const problems: string[] = []
    const url = options.to ?? readSecret('TABSEED_DATABASE', process.env, problems)
    if (problems[0] !== undefined) throw new UsageError(problems[0])
    if (url === undefined)
      throw new UsageError('it needs the PostgreSQL database, in TABSEED_DATABASE or --to')
    if (!/^postgres(ql)?:\/\/./.test(url)) throw new UsageError('the database must be postgres://…')
    const { data } = serverFolders({ ...options, 'seeder-dir': undefined })
    const { from, tables } = await moveDatabase(data, url)
    output.result(
      [
        `${from}: copied to PostgreSQL, and counted there again`,
        ...tables.map(({ rows, table }) => `  ${table}: ${plural(rows, 'row')}`),
      ],
      { from, tables },
    )
    return EXIT.done
  },
})
