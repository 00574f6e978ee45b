import { type ClusterNodes, clusterNodesSchema } from '../../../../lib/protocol/admin.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { bytes, plural } from '../../output.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** Which servers use one database. */
export const nodes = defineCommand({
  name: 'admin nodes',
  summary: 'List the servers that share one PostgreSQL database, which of them leads, and their seeders.',
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
    const nodes =
      found.nodes.length === 0 ? ['this server is alone: it has a SQLite database'] : linesOf(found)
    const redis = found.redis === 'away' ? ['Redis is not reached'] : []
    output.result([...nodes, ...redis, ...found.seeders.map(lineOfSeeder)], found)
    return EXIT.done
  },
})

/** `berlin-1  leads  build 0123456789ab  since 2026-01-02 03:04  12 WebSockets, 30 clients`; one that was not seen lately says so. */
function linesOf({ nodes: all }: ClusterNodes): string[] {
  const width = Math.max(...all.map(({ name }) => name.length))
  return all.map(({ build, clients, connections, isHere, isThis, leads, name, seenAt, startedAt }) => {
    const state = isHere ? (leads ? 'leads' : 'here') : 'gone'
    return [
      name.padEnd(width),
      state.padEnd(5),
      ...(build === '' ? [] : [`build ${build}`]),
      `since ${shown(startedAt)}`,
      ...(isHere ? [] : [`last seen ${shown(seenAt)}`]),
      ...(connections === null || clients === null
        ? []
        : [`${plural(connections, 'WebSocket')}, ${plural(clients, 'client')}`]),
      ...(isThis ? ['answers'] : []),
    ].join('  ')
  })
}

/** `seeder disks (berlin)  here  1.2 TB free  https://files1.example.org`, with the addresses that lead to it. */
function lineOfSeeder(seeder: ClusterNodes['seeders'][number]): string {
  const { free, insideUrl, isHere, name, seenAt, url, zone } = seeder
  const addresses = [url, insideUrl && `${insideUrl} (inside)`].filter(address => address !== '')
  return [
    `seeder ${name}${zone === '' ? '' : ` (${zone})`}`,
    isHere ? 'here' : `gone, last seen ${shown(seenAt)}`,
    ...(free === null ? [] : [`${bytes(free)} free`]),
    addresses.length === 0 ? 'no address in use' : addresses.join(', '),
  ].join('  ')
}

const shown = (time: string): string => time.slice(0, 16).replace('T', ' ')
