import { resolve } from 'node:path'
import { restore as restoreBackup } from '../../backup/restore.ts'
import { defineCommand, EXIT } from '../command.ts'
import { plural } from '../output.ts'
import { SERVER_FOLDER_OPTIONS, serverFolders } from '../server-folders.ts'

/** The way back from `backup`. */
export const restore = defineCommand({
  name: 'restore',
  summary: 'Bring back what `tabseed backup` wrote, while the server does not run.',
  operands: 'FILE',
  count: [1, 1],
  options: SERVER_FOLDER_OPTIONS,
  notes: [
    'The whole backup is checked first: one that is truncated, damaged, newer or of another program changes nothing. What is there already is moved aside, not deleted. Run as root, it gives the files to the owner of the data directory.',
  ],
  examples: [
    ['tabseed restore /backup/tabseed.tar', "into ./data, or TABSEED_DATA's directory"],
    ['tabseed restore --data /var/lib/tabseed today.tar', 'into another data directory, also an empty one'],
  ],
  async run({ operands: [file = ''], options, output }) {
    const folders = serverFolders(options)
    const restored = await restoreBackup(resolve(file), folders)
    const { cachedShares, createdAt, movedTo, settings } = restored
    output.result(
      [
        `${folders.data}: restored from the backup of ${createdAt}`,
        ...(movedTo ? [`what was there is in ${movedTo}`] : []),
        ...(settings ? [`settings of that server, without secrets: ${settings}`] : []),
        ...(cachedShares > 0
          ? [`${plural(cachedShares, 'cached share')}: what is not on the disk is fetched again`]
          : []),
      ],
      { data: folders.data, ...restored },
    )
    return EXIT.done
  },
})
