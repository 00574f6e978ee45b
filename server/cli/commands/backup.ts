import { lstat, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { backUp } from '../../backup/backup.ts'
import { readBackup } from '../../backup/read-backup.ts'
import { defineCommand, EXIT } from '../command.ts'
import { UsageError } from '../options.ts'
import { bytes, plural } from '../output.ts'
import { SERVER_FOLDER_OPTIONS, serverFolders } from '../server-folders.ts'

/** A server's data in one file. */
export const backup = defineCommand({
  name: 'backup',
  summary:
    "Write a server's data into one file, while it runs: shares, owner keys' hashes, states, settings.",
  operands: 'FILE',
  count: [1, 1],
  options: SERVER_FOLDER_OPTIONS,
  notes: [
    "Run it on the server's machine, as the server's user. The bytes of cached shares, the files of the publish folder and secrets are not in it. An earlier backup of the same name is replaced as a whole.",
    'The file is a tar archive with checksums, readable by its owner only. While it is written, twice its size is needed.',
  ],
  examples: [
    ['tabseed backup /backup/tabseed.tar', "of ./data, or of TABSEED_DATA's directory"],
    ['tabseed backup --data /var/lib/tabseed today.tar', 'of another data directory'],
  ],
  async run({ operands: [file = ''], options, output }) {
    const path = resolve(file)
    await requireReplaceable(path)
    const made = await backUp(serverFolders(options), path)
    const cached = made.cachedShares > 0 ? `, ${plural(made.cachedShares, 'cached share')}` : ''
    output.result([`${path}: ${plural(made.shares, 'share')}${cached}, ${bytes(made.bytes)}`], {
      file: path,
      ...made,
    })
    return EXIT.done
  },
})

/** Whatever else has that name stays. Errors: `UsageError`. */
async function requireReplaceable(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => null)
  if (entry === null) return
  const refuse = () => new UsageError(`${path} exists and is no backup: choose another name`)
  if (!entry.isFile()) throw refuse()
  const file = await open(path)
  try {
    await readBackup(file, path)
  } catch {
    throw refuse()
  } finally {
    await file.close()
  }
}
