/**
 * One file from a seeder in Node to a Chromium tab on this machine, side by side: ours (kept by the server, from the click
 * on Download to the last byte checked and on disk) and stock webtorrent on both ends (client.add, its own stores),
 * over the same tracker. Then twenty downloads in a row from our one seeder, each in a window of its own.
 *
 *     npm run bench:seeder [-- --bytes 134217728 --rounds 3 --timeline]
 *
 * `--timeline` prints what the page of the slowest of the twenty did from the click to its first bytes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import type { Metainfo } from '../lib/torrent/metainfo.ts'
import { launchChromium, launchProfile } from '../tests/support/browser/chromium.ts'
import { askToKeep, keptBy, publishFromNode, seederPid } from '../tests/support/clients/node-publisher.ts'
import { tempFolder } from '../tests/support/content/fixtures.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { timeline, watchTimeline } from './lines/timeline.ts'
import { cpuSeconds, MB, median, print, servePeers } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(128 * 1024 ** 2) },
    rounds: { type: 'string', default: '3' },
    timeline: { type: 'boolean', default: false },
  },
})
const bytes = Number(options.bytes)
const rounds = Number(options.rounds)
const LIMIT_MS = 120_000
const ROW = 20
const SMALL_BYTES = 4_000_000

/** Seconds from the reader's click: to the first byte, and to the last. */
interface Transfer {
  readonly firstByte: number
  readonly total: number
  /** Milliseconds of the page's clock. */
  readonly clickedAt?: number
}

using folder = tempFolder()
await using server = await startServer(['--seeder', 'on', '--seeder-port', '0', '--webseed-use', 'fallback'])
const peers = await servePeers()

async function keptShare(length: number, seed: number): Promise<Metainfo> {
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, length, seed)
  await askToKeep(server.url, metainfo, ownerKey)
  while ((await keptBy(server.url, metainfo)).kept !== 'yes') await delay(100)
  await engine.close()
  return metainfo
}

/** Everything but the tracker is off, which asks outside hosts; the rest is as it comes. */
const STOCK = {
  dht: false,
  lsd: false,
  natUpnp: false,
  natPmp: false,
  tracker: { rtcConfig: { iceServers: [] } },
}

/** Stock webtorrent in a process of its own, seeding the file of a share that ours does not keep. */
async function startStock() {
  const { engine, metainfo } = await publishFromNode(server.url, folder.path, bytes, 62)
  await engine.close()
  const torrentUrl = `${server.url}/t/${metainfo.infoHash}.torrent`
  const torrent = Buffer.from(await (await fetch(torrentUrl)).arrayBuffer())
  const script = `
    import WebTorrent from 'webtorrent'
    const client = new WebTorrent(${JSON.stringify(STOCK)})
    const torrent = client.add(Buffer.from('${torrent.toString('base64')}', 'base64'), { path: ${JSON.stringify(folder.path)} })
    torrent.on('done', () => console.log('seeding'))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return { child, torrent: [...torrent] }
}

async function downloadOurs(page: Page, { infoHash }: Metainfo): Promise<Transfer> {
  await page.goto(`${server.url}/d/${infoHash}`)
  await page
    .getByRole('button', { name: /Download/ })
    .first()
    .waitFor()
  return page.evaluate(async limit => {
    const share = document.querySelector<HTMLElement>('[data-share]')
    const button = [...document.querySelectorAll('button')].find(b => b.textContent.includes('Download'))
    const start = performance.now()
    let firstByte = 0
    await new Promise<void>((resolve, reject) => {
      setTimeout(() => reject(new Error('it did not finish in time')), limit)
      const look = () => {
        const done = share?.dataset['state'] === 'done'
        if (!firstByte && (done || Number(share?.dataset['downloaded']) > 0))
          firstByte = performance.now() - start
        if (done) resolve()
      }
      if (share) new MutationObserver(look).observe(share, { attributes: true })
      button?.click()
    })
    return { firstByte: firstByte / 1000, total: (performance.now() - start) / 1000, clickedAt: start }
  }, LIMIT_MS)
}

async function downloadStock(page: Page, torrentFile: number[]): Promise<Transfer> {
  await page.goto(peers.url)
  return page.evaluate(
    async ({ file, limit }) => {
      const { default: WebTorrent } = await import(`${location.origin}/webtorrent.js`)
      const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
      const start = performance.now()
      let firstByte = 0
      await new Promise<void>((resolve, reject) => {
        setTimeout(() => reject(new Error('it did not finish in time')), limit)
        const torrent = client.add(new Uint8Array(file))
        torrent.on('download', () => {
          firstByte ||= performance.now() - start
        })
        torrent.on('done', resolve)
      })
      return { firstByte: firstByte / 1000, total: (performance.now() - start) / 1000 }
    },
    { file: torrentFile, limit: LIMIT_MS },
  )
}

const ours = await keptShare(bytes, 61)
const stock = await startStock()
const contenders = {
  tabseed: { pid: () => seederPid(server), download: (page: Page) => downloadOurs(page, ours) },
  'stock webtorrent': {
    pid: () => stock.child.pid ?? 0,
    download: (page: Page) => downloadStock(page, stock.torrent),
  },
}
const results: Record<keyof typeof contenders, { rate: number[]; cpu: number[]; firstByte: number[] }> = {
  tabseed: { rate: [], cpu: [], firstByte: [] },
  'stock webtorrent': { rate: [], cpu: [], firstByte: [] },
}
for (let round = 0; round < rounds; round++) {
  for (const name of ['tabseed', 'stock webtorrent'] as const) {
    const { download, pid } = contenders[name]
    using profile = tempFolder()
    const reader = await launchProfile(join(profile.path, 'reader'))
    const before = cpuSeconds(pid())
    const transfer = await download(await reader.newPage()).catch((reason: Error) => {
      print(`${name}, round ${round + 1}: ${reason.message.split('\n')[0]}`)
      return null
    })
    if (transfer) {
      results[name].rate.push(bytes / MB / transfer.total)
      results[name].cpu.push((cpuSeconds(pid()) - before) / (bytes / 1e9))
      results[name].firstByte.push(transfer.firstByte)
    }
    await reader.close()
  }
}
stock.child.kill()
peers.close()

const small = await keptShare(SMALL_BYTES, 63)
const browser = await launchChromium()
const row: number[] = []
let slowestStory: Awaited<ReturnType<typeof timeline>> = []
for (let download = 0; download < ROW; download++) {
  const context = await browser.newContext()
  const page = await context.newPage()
  if (options.timeline) await watchTimeline(page)
  const transfer = await downloadOurs(page, small).catch(() => null)
  if (transfer) {
    if (options.timeline && transfer.firstByte > Math.max(0, ...row)) {
      slowestStory = await timeline(page, transfer.clickedAt ?? 0)
    }
    row.push(transfer.firstByte)
  }
  await context.close()
}
await browser.close()

const figures = (name: keyof typeof contenders) => {
  const { cpu, firstByte, rate } = results[name]
  return { finished: rate.length, rate: median(rate), cpu: median(cpu), firstByte: median(firstByte) }
}
const columns = ['finished', 'MB/s', 'CPU s/GB', 'first byte s'].map(title => title.padStart(13))
print(`${bytes} bytes, median of ${rounds}; CPU seconds of the seeder's process during the download`)
print(`${''.padEnd(20)}${columns.join('')}`)
for (const name of ['tabseed', 'stock webtorrent'] as const) {
  const { cpu, finished, firstByte, rate } = figures(name)
  const cells = [`${finished} of ${rounds}`, rate.toFixed(1), cpu.toFixed(1), firstByte.toFixed(2)]
  print(`${name.padEnd(20)}${cells.map(cell => cell.padStart(13)).join('')}`)
}
const [a, b] = [figures('tabseed'), figures('stock webtorrent')]
print(`ours / stock: ${(a.rate / b.rate).toFixed(2)} MB/s, ${(a.cpu / b.cpu).toFixed(2)} CPU s/GB`)
print(`first byte: ${(b.firstByte / a.firstByte).toFixed(1)} times sooner`)
const slowest = Math.max(...row).toFixed(2)
for (const { at, what } of slowestStory) print(`${at.toFixed(0).padStart(6)}  ${what}`)
print(row.map(seconds => seconds.toFixed(2)).join(' '))
print(
  `in a row: ${row.length} of ${ROW} finished, first byte ${median(row).toFixed(2)} s (median), ${slowest} s at most`,
)
