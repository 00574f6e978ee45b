/**
 * Two homes behind routers of their own, a reader in one and a publisher in the other: how they are connected, and the time
 * from the click on Download to the first verified bytes, told from the page. `npm run bench:nat -- --rounds 10`; needs root on Linux.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findFiles } from '../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../server/node-engine/hashing/make-torrent.ts'
import { closePerson, publish, startDownload } from '../tests/support/browser/pages.ts'
import { noise, tempFolder } from '../tests/support/content/fixtures.ts'
import { NatLab, PUBLIC_V4, PUBLIC_V6, type RouterKind, whyNoLab } from '../tests/support/nat/nat-lab.ts'
import { LAN_ORIGIN, labPerson, labTurn, STUN, TURN, TURN_TLS } from '../tests/support/nat/nat-stage.ts'
import { labServer } from '../tests/support/net/lab-server.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } })
const rounds = Number(values.rounds)

/** Longer than any fallback takes. */
const LIMIT_MS = 40_000

const why = whyNoLab()
if (why) throw new Error(why)
using folder = tempFolder()
const kept = join(folder.path, 'kept')
mkdirSync(kept)
writeFileSync(join(kept, 'kept.bin'), noise(1_500_000, 5))
const { metainfo } = await makeTorrent((await findFiles(join(kept, 'kept.bin'))).files)

await using lab = NatLab.open()
await using _turn = await labTurn(lab)
await using _stun = await labServer(lab, 'public', 3001, STUN)
await using _relay = await labServer(lab, 'public', 3002, TURN)
const keeping = ['--seeder', 'on', '--seeder-port', '0', '--publish-dir', kept]
await using _server = await labServer(lab, 'public', 3003, [...keeping, '--connect', 'server'])
await using _tls = await labServer(lab, 'public', 3004, TURN_TLS)
await using _lan = await labServer(lab, 'lan0', 3000, [])

interface Row {
  readonly profile: string
  readonly servers: string
  readonly routers: readonly [RouterKind, RouterKind] | null
  readonly origin: string
  readonly people: readonly [string, string]
}

const HOMES = ['homea', 'homeb'] as const
/** Servers of ours, by what they have besides. */
const PORTS = { STUN: 3001, TURN: 3002, 'web seed': 3003, 'TURN over TLS': 3004 } as const
const behind = (a: RouterKind, b: RouterKind, servers: keyof typeof PORTS): Row => ({
  profile: a === b ? `${a} on both sides` : `${a} and ${b}`,
  servers,
  routers: [a, b],
  origin: a === 'ipv6' ? `http://[${PUBLIC_V6}]:3001` : `http://${PUBLIC_V4}:${PORTS[servers]}`,
  people: HOMES,
})
const ROWS: readonly Row[] = [
  {
    profile: 'LAN without a way out',
    servers: 'none',
    routers: null,
    origin: LAN_ORIGIN,
    people: ['lan1', 'lan2'],
  },
  behind('cone', 'cone', 'STUN'),
  behind('ipv6', 'ipv6', 'STUN'),
  behind('cone', 'cone', 'web seed'),
  ...(['STUN', 'TURN', 'web seed'] as const).flatMap(servers => [
    behind('symmetric', 'cone', servers),
    behind('symmetric', 'symmetric', servers),
    behind('udp-blocked', 'cone', servers),
    behind('udp-blocked', 'udp-blocked', servers),
  ]),
  behind('tls-only', 'tls-only', 'TURN over TLS'),
]

async function once({ origin, people, routers, servers }: Row, round: number) {
  if (routers) for (const [at, kind] of routers.entries()) lab.setRouter(at === 0 ? 'a' : 'b', kind)
  const publisher = await labPerson(lab, people[0])
  const reader = await labPerson(lab, people[1])
  try {
    const file = join(folder.path, `${round}.bin`)
    writeFileSync(file, noise(1_500_000, round))
    const link =
      servers === 'web seed'
        ? `${origin}/d/${metainfo.infoHash}`
        : await publish(publisher, origin, { files: [file] })
    await startDownload(reader, link)
    const from = performance.now()
    // Whatever comes first: bytes, or the words that no connection comes about.
    const outcome = await reader.waitForFunction(
      () => {
        if (Number(document.querySelector('[data-share]')?.getAttribute('data-downloaded')) > 0) {
          return document.querySelector('tr[data-via], li[data-via]')?.getAttribute('data-via')
        }
        return document.querySelector('[data-unreached]') ? 'told what is missing' : null
      },
      undefined,
      { timeout: LIMIT_MS, polling: 50 },
    )
    return { via: String(await outcome.jsonValue()), seconds: (performance.now() - from) / 1000 }
  } catch {
    return { via: 'nothing', seconds: Number.NaN }
  } finally {
    await Promise.all([closePerson(publisher), closePerson(reader)])
  }
}

process.stdout.write(
  '| routers | server has | outcome | seconds, median | slowest |\n|---|---|---|---|---|\n',
)
for (const row of ROWS) {
  const runs: Awaited<ReturnType<typeof once>>[] = []
  for (let round = 0; round < rounds; round++)
    runs.push(await once(row, runs.length + 1 + 100 * ROWS.indexOf(row)))
  const outcomes = Map.groupBy(runs, ({ via }) => via)
  const told = [...outcomes].map(([via, those]) => `${via} ${those.length} of ${rounds}`).join(', ')
  const times = runs.map(({ seconds }) => seconds).sort((a, b) => a - b)
  const figures = [times[Math.floor(rounds / 2)], times.at(-1)]
    .map(seconds => seconds?.toFixed(1))
    .join(' | ')
  process.stdout.write(`| ${row.profile} | ${row.servers} | ${told} | ${figures} |\n`)
}
