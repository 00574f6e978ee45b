import { isEncryptedName } from '../../../../lib/encryption/outer-name.ts'
import { type FoundShares, foundSharesSchema } from '../../../../lib/protocol/admin.ts'
import { visibleName } from '../../../../lib/torrent/paths.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { flag, value, wholeNumber } from '../../options.ts'
import { bytes, plural } from '../../output.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** Shares of the server, listed or not. */
export const shares = defineCommand({
  name: 'admin shares',
  summary: 'Search the shares of the server, also those that are not listed, newest first.',
  operands: '[TEXT]',
  count: [0, 1],
  options: {
    reported: flag('Only those with open reports.'),
    limit: value('At most so many. Default: 50.', 'N', wholeNumber(1, 500)),
    offset: value('Leave out so many of the newest.', 'N', wholeNumber(0, 1_000_000_000)),
    ...OPERATOR_OPTIONS,
  },
  notes: [
    'TEXT is part of a name, a title or the name of a publisher; or a link, an info hash, or, where addresses are kept, the address that a share was published from.',
  ],
  examples: [
    ['tabseed admin shares holiday', 'by name or title'],
    ['tabseed admin shares --reported --json', 'what people reported, for a program'],
  ],
  async run({ operands: [text], options, output }) {
    const ask = await operatorAt(options)
    const query = new URLSearchParams({
      ...(text !== undefined && { q: text }),
      ...(options.reported && { only: 'reported' }),
      ...(options.limit !== undefined && { limit: String(options.limit) }),
      ...(options.offset !== undefined && { offset: String(options.offset) }),
    })
    const found = foundSharesSchema.parse(await (await ask('GET', `admin/shares?${query}`)).json())
    output.result(found.shares.map(lineOf), found)
    if (found.next !== null) output.note(`there may be more: --offset ${found.next}`)
    return EXIT.done
  },
})

/** `0123…  1.5 GB  2026-01-02  3 have it, 1 downloads, copy, unlisted, by Ada, 2 reports  holiday` */
function lineOf(share: FoundShares['shares'][number]): string {
  const facts = [
    `${share.complete} have it`,
    ...(share.downloading > 0 ? [`${share.downloading} downloading`] : []),
    ...(share.kept === 'no' ? [] : [share.kept === 'yes' ? 'copy' : `copy of ${bytes(share.have)}`]),
    ...(share.listed ? ['listed'] : []),
    ...(share.publisher === null ? [] : [`by ${visibleName(share.publisher)}`]),
    ...(share.address === null ? [] : [`from ${share.address}`]),
    ...(share.openReports > 0 ? [plural(share.openReports, 'report')] : []),
  ]
  return `${share.infoHash}  ${bytes(share.size)}  ${share.publishedAt.slice(0, 10)}  ${facts.join(', ')}  ${isEncryptedName(share.name) ? 'An encrypted share' : visibleName(share.title || share.name)}`
}
