import { stat } from 'node:fs/promises'
import { AppError } from '../../../lib/base/errors.ts'
import { defineCommand, EXIT } from '../command.ts'
import { text, UsageError, value } from '../options.ts'
import { checkCopy, contentAt, linesOf } from '../transfer/copy-report.ts'
import { readTorrent } from './show.ts'

/** Check a copy against its `.torrent`. */
export const verify = defineCommand({
  name: 'verify',
  summary: 'Check files against their .torrent, piece by piece.',
  operands: 'PATH',
  count: [1, 1],
  options: {
    torrent: value('What they should be.', 'FILE.torrent', text, { short: 't' }),
  },
  notes: [
    'PATH is the file or folder the .torrent describes, or the folder it lies in. The exit code is 0 when all of it is there and right, and 1 when not.',
  ],
  examples: [
    ['tabseed verify holiday/ --torrent holiday.torrent', 'says which files are damaged or missing'],
    ['tabseed verify --quiet /srv/debian.iso -t debian.torrent && echo whole', 'in a script'],
  ],
  async run({ operands: [path = ''], options, output, signal }) {
    if (options.torrent === undefined) throw new UsageError('it needs --torrent FILE.torrent')
    const metainfo = await readTorrent(options.torrent)
    await stat(path).catch(cause => {
      throw new AppError('file_unreadable', path, { cause })
    })
    const { report } = await checkCopy(metainfo, await contentAt(path, metainfo), output, signal)
    output.result(linesOf(report), report)
    return report.whole ? EXIT.done : EXIT.failed
  },
})
