/**
 * Firefox with Chromium, both ways: one file published in a tab of the one and downloaded in a tab of the other, from the click on
 * Download to the last byte checked and on disk; beside it, in the same run and between the same two browsers, one bare data channel
 * (64 KiB messages, nothing hashed or kept): what the transport between them alone can do.
 *
 * What is not done after `--limit` seconds counts with what has arrived, and is marked. Lanes (further connections to the peer)
 * are counted in the reader's tab.
 *
 *     npm run bench:firefox [-- --bytes 67108864 --rounds 3 --limit 60 --publisher firefox]
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { countLanes, type LaneCount, watchLanes } from './firefox/lane-count.ts'
import { type BrowserName, openTab, type Tab } from './firefox/tabs.ts'
import { measureBare } from './lines/bare.ts'
import type { Measured } from './lines/measured.ts'
import { clickDownload } from './lines/ours.ts'
import { cpuSeconds, MB, median, print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(64 * 1024 ** 2) },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '60' },
    publisher: { type: 'string' },
  },
})
const bytes = Number(options.bytes)
const rounds = Number(options.rounds)
const limitMs = 1000 * Number(options.limit)

const READER = { firefox: 'chromium', chromium: 'firefox' } as const
const publishers = (['firefox', 'chromium'] as const).filter(
  name => options.publisher === undefined || options.publisher === name,
)

using folder = tempFolder()
const path = join(folder.path, 'content.bin')
writeRandomFile(path, bytes)
await using server = await startServer()

interface Result extends Measured {
  /** CPU seconds of both browsers for a GB. */
  readonly cpu: number
}

interface Results {
  readonly ours: Result[]
  readonly bare: Result[]
  readonly lanes: LaneCount[]
}

/** In the page: resolves when its button whose text begins with `label` can be pressed; presses it if that is wanted. */
async function findButton({ label, press }: { label: string; press: boolean }): Promise<void> {
  for (;;) {
    const button = [...document.querySelectorAll('button')].find(one => one.textContent.startsWith(label))
    // Before React hears its events, a click is lost.
    if (button && !button.disabled && Object.keys(button).some(key => key.startsWith('__reactProps'))) {
      if (press) button.click()
      return
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** In the page: resolves with the share's link when it is seeded. */
async function seededLink(): Promise<string> {
  while (!document.querySelector('[data-share][data-state=seeding]'))
    await new Promise(resolve => setTimeout(resolve, 50))
  return location.href
}

async function withCpu(measure: () => Promise<Measured>): Promise<Result> {
  const before = cpuSeconds(process.pid)
  const measured = await measure()
  return { ...measured, cpu: (cpuSeconds(process.pid) - before) / (measured.bytes / 1e9) }
}

async function measureOurs(publisher: Tab, reader: Tab): Promise<Result> {
  await publisher.open(server.url)
  await publisher.choose(path)
  await publisher.evaluate(findButton, { label: 'Publish', press: true })
  await reader.open(await publisher.evaluate(seededLink, null))
  await reader.evaluate(findButton, { label: 'Download', press: false })
  return withCpu(() => reader.evaluate(clickDownload, limitMs))
}

async function measureRound(name: BrowserName, { bare, lanes, ours }: Results): Promise<void> {
  using profiles = tempFolder()
  const tabs: Tab[] = []
  try {
    for (const browser of [name, READER[name]]) {
      const profile = join(profiles.path, browser)
      mkdirSync(join(profile, 'saved'), { recursive: true })
      tabs.push(await openTab(browser, profile, watchLanes))
    }
    const [publisher, reader] = tabs as [Tab, Tab]
    for (const tab of tabs) await tab.open(`${server.url}/robots.txt`)
    bare.push(await withCpu(() => measureBare(publisher, reader, 1, bytes, limitMs)))
    ours.push(await measureOurs(publisher, reader))
    lanes.push(await countLanes(reader))
  } finally {
    for (const tab of tabs) await tab.close()
  }
}

const results: Record<BrowserName, Results> = {
  firefox: { ours: [], bare: [], lanes: [] },
  chromium: { ours: [], bare: [], lanes: [] },
}
for (let round = 0; round < rounds; round++)
  for (const name of publishers) await measureRound(name, results[name])

const rate = (one: Measured) => one.bytes / MB / one.seconds
const medianOf = (those: readonly Result[], figure: (one: Result) => number) => median(those.map(figure))
const allRates = (those: readonly Result[]) =>
  those.map(one => rate(one).toFixed(1) + (one.bytes < bytes ? ' (not done)' : '')).join(' ')

print(`${bytes} bytes, median of ${rounds}; CPU of both browsers during the transfer`)
print(
  '| | MB/s | all rounds | bare channel, MB/s | all rounds | ours / bare | CPU s/GB, ours and bare | first verified bytes, s | lanes, most and at the end |\n|---|---|---|---|---|---|---|---|---|',
)
for (const name of publishers) {
  const { bare, lanes, ours } = results[name]
  const [ourRate, bareRate] = [medianOf(ours, rate), medianOf(bare, rate)]
  const cells = [
    ourRate.toFixed(1),
    allRates(ours),
    bareRate.toFixed(1),
    allRates(bare),
    (ourRate / bareRate).toFixed(2),
    `${medianOf(ours, one => one.cpu).toFixed(0)} ${medianOf(bare, one => one.cpu).toFixed(0)}`,
    medianOf(ours, one => one.firstBytes).toFixed(2),
    lanes.map(({ most, now }) => `${most}/${now}`).join(' '),
  ]
  print(`| ${name} to ${READER[name]} | ${cells.join(' | ')} |`)
}
