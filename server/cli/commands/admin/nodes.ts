import { type ClusterNodes, clusterNodesSchema } from '../../../../lib/protocol/admin.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** Which servers use one database. */
export const nodes = defineCommand({
  name: 'admin nodes',
  summary: 'List the servers that share one PostgreSQL database, and which of them leads.',
  operands: '',
  count: [0, 0],
  options: OPERATOR_OPTIONS,
  notes: [
    'The leader records history, checks mirrors and deletes what has expired; when it is gone another one leads within seconds.',
  ],
  examples: [['tabseed admin nodes --server https://share.example.org', 'any of them answers for all']],
  async run({ options, output }) {
    const ask = await operatorAt(options)
    const found = clusterNodesSchema.parse(await (await ask('GET', 'admin/nodes')).json())
    output.result(
      found.nodes.length === 0 ? ['this server is alone: it has a SQLite database'] : linesOf(found),
      found,
    )
    return EXIT.done
  },
})

/** `berlin-1  leads    build 0123456789ab  since 2026-01-02 03:04`; one that was not seen lately says so. */
function linesOf({ nodes: all }: ClusterNodes): string[] {
  const width = Math.max(...all.map(({ name }) => name.length))
  return all.map(({ build, isHere, leads, name, seenAt, startedAt }) => {
    const state = isHere ? (leads ? 'leads' : 'here') : 'gone'
    const seen = isHere ? '' : `  last seen ${shown(seenAt)}`
    return `${name.padEnd(width)}  ${state.padEnd(5)}  build ${build}  since ${shown(startedAt)}${seen}`
  })
}

const shown = (time: string): string => time.slice(0, 16).replace('T', ' ')
