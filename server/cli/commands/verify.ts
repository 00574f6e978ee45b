import { stat } from 'node:fs/promises'
import { AppError } from '../../../lib/base/errors.ts'
import { defineCommand, EXIT } from '../command.ts'
import { KEY_OPTIONS } from '../encryption/key-input.ts'
import { readOpened } from '../encryption/open-source.ts'
import { text, UsageError, value } from '../options.ts'
import { contentAt, linesOf, verifyCopy } from '../transfer/copy-report.ts'
import { IDLE_OPTION, whileBytesCome } from '../transfer/fetching.ts'
import { SOURCE_OPERAND } from '../transfer/source.ts'
import { SWARM_OPTIONS } from '../transfer/swarm.ts'

/** Check a copy against its `.torrent`. */
export const verify = defineCommand({
  name: 'verify',
  summary: 'Check files against their .torrent, piece by piece.',
  operands: 'PATH',
  count: [1, 1],
  options: {
    torrent: value('What the files should be.', SOURCE_OPERAND, text, { short: 't' }),
    'idle-timeout': IDLE_OPTION,
    ...KEY_OPTIONS,
    dht: SWARM_OPTIONS.dht,
  },
  notes: [
    'PATH is the file or folder that the .torrent describes, or the folder that contains it. The exit code is 0 if everything is there and right, else 1. What a magnet link describes comes from its peers.',
  ],
  examples: [
    ['tabseed verify holiday/ --torrent holiday.torrent', 'says which files are damaged or missing'],
    ['tabseed verify --quiet /srv/debian.iso -t debian.torrent && echo whole', 'in a script'],
  ],
  async run({ operands: [path = ''], options, output, signal }) {
    const { torrent } = options
    if (torrent === undefined) throw new UsageError(`it needs --torrent ${SOURCE_OPERAND}`)
    return whileBytesCome(options['idle-timeout'], signal, async ({ until }) => {
      const metainfo = await readOpened(torrent, options, output, until)
      await stat(path).catch(cause => {
        throw new AppError('file_unreadable', path, { cause })
      })
      const { report } = await verifyCopy(metainfo, await contentAt(path, metainfo), output, signal)
      output.result(linesOf(report), report)
      return report.whole ? EXIT.done : EXIT.failed
    })
  },
})
