import { type Reports, reportsSchema } from '../../../../lib/protocol/admin.ts'
import { visibleName } from '../../../../lib/torrent/paths.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { flag, value, wholeNumber } from '../../options.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** What people reported. */
export const reportList = defineCommand({
  name: 'admin report list',
  summary: 'List what people reported, newest first.',
  operands: '',
  count: [0, 0],
  options: {
    closed: flag('Those that were closed, instead of the open ones.'),
    limit: value('At most so many. Default: 50.', 'N', wholeNumber(1, 500)),
    before: value('Only those before the one with this id.', 'ID', wholeNumber(0, 1_000_000_000)),
    ...OPERATOR_OPTIONS,
  },
  examples: [['tabseed admin report list', 'what waits for somebody']],
  async run({ options, output }) {
    const ask = await operatorAt(options)
    const query = new URLSearchParams({
      state: options.closed ? 'closed' : 'open',
      ...(options.limit !== undefined && { limit: String(options.limit) }),
      ...(options.before !== undefined && { before: String(options.before) }),
    })
    const found = reportsSchema.parse(await (await ask('GET', `admin/reports?${query}`)).json())
    output.result(found.reports.flatMap(linesOf), found)
    if (found.next !== null) output.note(`there may be more: --before ${found.next}`)
    return EXIT.done
  },
})

export const reportClose = defineCommand({
  name: 'admin report close',
  summary: 'Close reports: they are dealt with. A block closes those of its share.',
  operands: 'ID…',
  count: [1, Number.POSITIVE_INFINITY],
  options: OPERATOR_OPTIONS,
  examples: [['tabseed admin report close 12 13', 'the ids are in tabseed admin report list']],
  async run({ operands, options, output }) {
    const ask = await operatorAt(options)
    for (const id of operands) await ask('DELETE', `admin/reports/${encodeURIComponent(id)}`)
    output.result(
      operands.map(id => `closed ${id}`),
      { closed: operands },
    )
    return EXIT.done
  },
})

/** `12  2026-01-02 03:04  malware  0123…  holiday`, and below it what was said. */
function linesOf(report: Reports['reports'][number]): string[] {
  const { at, contact, details, id, infoHash, name, reason } = report
  const head = `${id}  ${at.slice(0, 16).replace('T', ' ')}  ${reason}  ${infoHash}  ${visibleName(name ?? 'no longer here')}`
  return [
    head,
    ...(details === '' ? [] : details.split(/\r?\n/).map(line => `    ${visibleName(line)}`)),
    ...(contact === '' ? [] : [`    contact: ${visibleName(contact)}`]),
  ]
}
