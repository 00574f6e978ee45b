/**
 * CPU time of an announce on a server that is alone, with the tracker of the checkout in the first argument: prints µs an announce with five offers.
 * Run by bench/cluster.ts, each time in a process of its own.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Access } from '../../server/tracker/access.ts'
import type { AddressQuota } from '../../server/tracker/address-quotas.ts'
import type { Counters } from '../../server/tracker/counters.ts'
import type { Swarms } from '../../server/tracker/swarms/swarms.ts'
import type { Tab } from '../../server/tracker/tabs/tab.ts'
import { announceText, idOf } from './messages.ts'

interface Parts {
  Access: typeof Access
  AddressQuota: typeof AddressQuota
  Counters: typeof Counters
  Swarms: typeof Swarms
  Tab: typeof Tab
}

const [checkout = '', count = '100000'] = process.argv.slice(2)
const PEERS = 60
const files = ['access', 'address-quotas', 'counters', 'swarms/swarms', 'tabs/tab']
const modules = await Promise.all(
  files.map(file => import(pathToFileURL(join(checkout, `server/tracker/${file}.ts`)).href)),
)
const parts: Parts = Object.assign({}, ...modules)

const now = () => Math.floor(performance.now())
const counters = new parts.Counters()
const swarms = new parts.Swarms({ access: new parts.Access('open'), counters, now, limited: true })
const context = {
  swarms,
  counters,
  limits: { on: false, scrape: 'specific' as const },
  relay: null,
  now,
  interval: () => 120,
  onAnnounced: undefined,
  onError: (reason: unknown) => {
    throw reason
  },
}
const link = { send: () => undefined, refuse: () => undefined, probe: () => undefined }
const tabs = Array.from(
  { length: PEERS },
  () => new parts.Tab(link, context, new parts.AddressQuota('client', '', Number.POSITIVE_INFINITY)),
)
const texts = tabs.map((_, at) => announceText('h'.repeat(20), idOf('p', at), at))
const run = (announces: number) => {
  for (let at = 0; at < announces; at += 1) tabs[at % PEERS]?.receive(texts[at % PEERS] ?? '')
}
run(20_000)
const before = process.cpuUsage()
run(Number(count))
const { system, user } = process.cpuUsage(before)
process.stdout.write(`${(user + system) / Number(count)}\n`)
