import { type Overview, overviewSchema } from '../../../../lib/protocol/admin.ts'
import { defineCommand, EXIT } from '../../command.ts'
import { bytes, plural } from '../../output.ts'
import { OPERATOR_OPTIONS, operatorAt } from './operator.ts'

/** How the server is. */
export const status = defineCommand({
  name: 'admin status',
  summary: 'Show shares, open reports, disk, copies, connections and the limits met in the last hour.',
  operands: '',
  count: [0, 0],
  options: OPERATOR_OPTIONS,
  examples: [['tabseed admin status --server https://share.example.org', 'of a server elsewhere']],
  async run({ options, output }) {
    const ask = await operatorAt(options)
    const overview = overviewSchema.parse(await (await ask('GET', 'admin/overview')).json())
    output.result(linesOf(overview), overview)
    return EXIT.done
  },
})

function linesOf({
  bucket,
  connections,
  database,
  disk,
  limits,
  seeder,
  seeders,
  shares,
}: Overview): string[] {
  const { classic, swarms, tabs, webSockets } = connections
  return [
    `shares:       ${shares.published}, ${shares.listed} of them listed; ${shares.blocked} blocked`,
    `open reports: ${shares.openReports}`,
    `database:     ${bytes(database.bytes)} of ${bytes(database.budget)}`,
    ...(disk ? [`disk:         ${bytes(disk.free)} of ${bytes(disk.size)} free`] : []),
    seeder === null
      ? 'copies:       no seeder'
      : `copies:       ${bytes(seeder.bytes)} of ${bytes(seeder.budget)}; ${seeder.complete} complete, ${seeder.partial} partial, ${plural(seeder.peers, 'peer')}${seeder.away ? '; the seeder is not connected' : ''}`,
    // One alone, without an address, is what the line above says.
    ...(seeders.length > 1 || seeders.some(({ addresses }) => addresses.length > 0)
      ? seeders.flatMap(linesOfSeeder)
      : []),
    ...(bucket
      ? [
          `bucket:       ${bytes(bucket.bytes)}; ${bucket.complete} complete, ${bucket.uploading} uploading, ${bucket.removing} to be removed${bucket.away ? '; it is away' : ''}`,
        ]
      : []),
    `connections:  ${plural(webSockets, 'WebSocket')}; ${plural(tabs, 'browser')} and ${plural(classic, 'program')} in ${plural(swarms, 'swarm')}`,
    ...(limits.length === 0
      ? ['limits:       none met in the last hour']
      : limits.map(({ count, limit }) => `limit met:    ${count} × ${limit} in the last hour`)),
  ]
}

function linesOfSeeder(seeder: Overview['seeders'][number]): string[] {
  const { addresses, away, bytes: have, complete, free, name, partial, zone } = seeder
  const shown = addresses.map(({ address, inside, leads }) => {
    const state = leads
      ? 'leads to it'
      : leads === false
        ? 'does not lead to it: not in use'
        : 'not tried yet'
    return `    ${address}${inside ? ' (inside)' : ''}: ${away ? 'not in use' : state}`
  })
  return [
    `  ${name}${zone === '' ? '' : ` (${zone})`}: ${bytes(have)}${free === null ? '' : `, ${bytes(free)} free`}; ${complete} complete, ${partial} partial${away ? '; not connected' : ''}`,
    ...shown,
  ]
}
