import { type Audit, auditSchema } from '../../../../lib/protocol/admin.ts'
import { visibleName } from '../../../../lib/torrent/paths.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { value, wholeNumber } from '../../options.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** Who did what. */
export const audit = defineCommand({
  name: 'admin audit',
  summary: 'Show what operators did, newest first: when, who, and why.',
  operands: '',
  count: [0, 0],
  options: {
    limit: value('At most so many. Default: 50.', 'N', wholeNumber(1, 500)),
    before: value('Only those before the one with this id.', 'ID', wholeNumber(0, 1_000_000_000)),
    ...OPERATOR_OPTIONS,
  },
  examples: [['tabseed admin audit --json', 'for a program']],
  async run({ options, output }) {
    const ask = await operatorAt(options)
    const query = new URLSearchParams({
      ...(options.limit !== undefined && { limit: String(options.limit) }),
      ...(options.before !== undefined && { before: String(options.before) }),
    })
    const found = auditSchema.parse(await (await ask('GET', `admin/audit?${query}`)).json())
    output.result(found.entries.map(lineOf), found)
    if (found.next !== null) output.note(`there may be more: --before ${found.next}`)
    return EXIT.done
  },
})

const lineOf = ({ act, at, by, id, infoHash, why }: Audit['entries'][number]): string =>
  [id, at.slice(0, 16).replace('T', ' '), by, act, ...(infoHash === null ? [] : [infoHash]), visibleName(why)]
    .join('  ')
    .trimEnd()
