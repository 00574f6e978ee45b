/**
 * The same bytes over one long, lossy or thin line (tests/support/wan), side by side: plain TCP, bare data channels, and ours from
 * the click on Download to the last byte verified and stored. Needs root on Linux and g++.
 *
 *     npm run bench:lines [-- --rtt 50 --loss 0 --mbits 100 --mb 32 --runs 5 --rows tcp,tab]
 *
 * `--counts 6` tries only so many bare channels. `--timeline` also prints what the page did from the click to its first bytes.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { findFiles } from '../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../server/node-engine/hashing/make-torrent.ts'
import { publish } from '../tests/support/browser/pages.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { labServer } from '../tests/support/net/lab-server.ts'
import { createLine, whyNoLine } from '../tests/support/wan/line.ts'
import { measureBare } from './lines/bare.ts'
import type { Measured } from './lines/measured.ts'
import { measureDownload } from './lines/ours.ts'
import { timeline, watchTimeline } from './lines/timeline.ts'
import { cpuSeconds, MB, median, print } from './support.ts'

const ROWS = {
  tcp: 'TCP: plain HTTP from our own server, curl',
  bare: 'one bare data channel',
  bares: 'the best of 2-8 bare data channels',
  tab: 'ours, tab to tab',
  seeder: 'ours, seeder to tab, WebRTC alone',
  webseed: 'ours, page with a web seed (and its seeder)',
} as const
type Row = keyof typeof ROWS
const isRow = (name: string): name is Row => name in ROWS

const { values: options } = parseArgs({
  options: {
    rtt: { type: 'string', default: '50' },
    loss: { type: 'string', default: '0' },
    mbits: { type: 'string', default: '100' },
    queue: { type: 'string' },
    mb: { type: 'string', default: '32' },
    runs: { type: 'string', default: '5' },
    rows: { type: 'string', default: Object.keys(ROWS).join() },
    limit: { type: 'string', default: '30' },
    counts: { type: 'string', default: '2,4,6,8' },
    use: { type: 'string', default: '' },
    timeline: { type: 'boolean', default: false },
  },
})
/** Percent, as people say it. */
const loss = Number(options.loss) / 100
const bytes = Number(options.mb) * MB
const runs = Number(options.runs)
/** Longest that one run takes: what has arrived by then counts. */
const limitMs = 1000 * Number(options.limit)
const rows = options.rows.split(',').filter(isRow)
/** How many bare channels are tried, the best of which counts. */
const BARE_COUNTS = options.counts.split(',').map(Number)

const why = whyNoLine()
if (why) throw new Error(why)

using folder = tempFolder()
const kept = join(folder.path, 'kept')
mkdirSync(kept)
const keptFile = join(kept, 'kept.bin')
writeRandomFile(keptFile, bytes)
const file = join(folder.path, 'file.bin')
writeRandomFile(file, bytes)
const { metainfo } = await makeTorrent((await findFiles(keptFile)).files)

await using line = await createLine({
  roundTripMs: Number(options.rtt),
  loss,
  mbits: Number(options.mbits),
  ...(options.queue && { queue: Number(options.queue) }),
})
const origin = `http://${line.address('a')}:3000`
const keptUrl = `${origin}/w/${metainfo.infoHash}/kept.bin`
const keeping = ['--seeder', 'on', '--seeder-port', '0', '--publish-dir', kept]
await using _server = await labServer(line, 'a', 3000, [
  ...keeping,
  ...(options.use ? ['--webseed-use', options.use] : []),
])
while (line.run('a', 'curl', '-so', '/dev/null', '-w', '%{http_code}', '-I', keptUrl) !== '200')
  await delay(200)

/** A browser of one end whose profile is on disk, gone with it. */
async function browse(end: string): Promise<{ readonly page: Page; close(): Promise<void> }> {
  const profile = tempFolder()
  const context: BrowserContext = await chromium.launchPersistentContext(
    profile.path,
    line.chromiumOptions(end, [origin]),
  )
  context.setDefaultTimeout(60_000)
  return {
    page: context.pages()[0] ?? (await context.newPage()),
    close: async () => {
      await context.close()
      profile[Symbol.dispose]()
    },
  }
}

function measureTcp(): Measured {
  const format = '%{size_download} %{time_total} %{time_starttransfer}'
  const told = line.run('b', 'curl', '-sf', '-m', options.limit, '-o', '/dev/null', '-w', format, keptUrl)
  const [size = 0, seconds = 0, firstBytes = 0] = told.split(' ').map(Number)
  return { bytes: size, seconds, firstBytes }
}

const sender = await browse('a')
const plain = `data:text/html,<title>bare</title>`

async function measure(row: Row, published: string, count: number): Promise<Measured> {
  if (row === 'tcp') return measureTcp()
  const reader = await browse('b')
  try {
    if (row === 'bare' || row === 'bares') {
      await sender.page.goto(plain)
      await reader.page.goto(plain)
      return await measureBare(sender.page, reader.page, count, bytes, limitMs)
    }
    // A web seed that does not answer is not used.
    if (row === 'seeder') await reader.page.route('**/w/**', route => route.abort())
    if (options.timeline) await watchTimeline(reader.page)
    const link = row === 'tab' ? published : `${origin}/d/${metainfo.infoHash}`
    const measured = await measureDownload(reader.page, link, limitMs)
    if (options.timeline) {
      print(`\n${ROWS[row]}, milliseconds after the click:`)
      for (const { at, what } of await timeline(reader.page, measured.clickedAt)) {
        if (at < 1000 * measured.firstBytes + 100) print(`${at.toFixed(0).padStart(6)}  ${what}`)
      }
    }
    return measured
  } finally {
    await reader.close()
  }
}

/** Datagrams of the reader's end that found no room in the socket's receive buffer: the processor was late, not the line bad. */
const overflows = (): number =>
  Number(/UdpRcvbufErrors\s+(\d+)/.exec(line.run('b', 'nstat', '-az', 'UdpRcvbufErrors'))?.[1] ?? 0)

interface Result {
  readonly rate: number
  readonly overflows: number
  readonly cpu: number
  readonly firstBytes: number
}

async function result(row: Row, published: string, count = 1): Promise<Result> {
  const [before, overflowsBefore] = [cpuSeconds(process.pid), overflows()]
  const { bytes: got, firstBytes, seconds } = await measure(row, published, count)
  return {
    rate: got / MB / seconds,
    cpu: (cpuSeconds(process.pid) - before) / (got / 1e9),
    firstBytes,
    overflows: overflows() - overflowsBefore,
  }
}

const results: Partial<Record<Row, Result[]>> = {}
// The publisher's tab stays open; bare channels have one of their own.
const publisher = rows.includes('tab') ? await browse('a') : null
const published = publisher ? await publish(publisher.page, origin, { files: [file] }) : ''
for (let run = 0; run < runs; run++) {
  for (const row of rows) {
    const tried: Result[] = []
    for (const count of row === 'bares' ? BARE_COUNTS : [1]) tried.push(await result(row, published, count))
    const best = tried.reduce((a, b) => (b.rate > a.rate ? b : a))
    results[row] = [...(results[row] ?? []), best]
  }
}
await publisher?.close()
await sender.close()

print(
  `${options.mb} MB over ${options.mbits} Mbit/s, ${options.rtt} ms, ${options.loss} % loss; median of ${runs} runs of at most ${options.limit} s; CPU of all programs, the browser's start included`,
)
print(
  '| | MB/s | of TCP | all runs | CPU s/GB | first bytes, s | receive buffer full |\n|---|---|---|---|---|---|---|',
)
const tcp = median((results.tcp ?? []).map(({ rate }) => rate))
for (const row of rows) {
  const those = results[row] ?? []
  const rate = median(those.map(one => one.rate))
  const cells = [
    rate.toFixed(1),
    (rate / tcp).toFixed(2),
    those.map(one => one.rate.toFixed(1)).join(' '),
    median(those.map(one => one.cpu)).toFixed(0),
    median(those.map(one => one.firstBytes)).toFixed(2),
    median(those.map(one => one.overflows)).toFixed(0),
  ]
  print(`| ${ROWS[row]} | ${cells.join(' | ')} |`)
}
