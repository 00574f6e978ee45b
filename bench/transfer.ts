/**
 * One file from tab to tab, both on this machine, side by side: ours (for everyone, and encrypted) from the click on Download to
 * the last byte checked and on disk, stock webtorrent (client.seed / client.add, its own stores), and a bare data channel (simple-peer,
 * 64 KiB messages, nothing hashed or kept): what the transport alone can do.
 *
 * A transfer that is not done after `--limit` seconds counts as not finished: stock webtorrent's peers do not always find each other.
 *
 *     npm run bench:transfer [-- --bytes 268435456 --rounds 3 --limit 180 --only tabseed,'bare data channel']
 */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { launchProfile } from '../tests/support/browser/chromium.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { cpuSeconds, MB, median, print, servePeers, startOpenTracker } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(256 * 1024 ** 2) },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '180' },
    only: { type: 'string' },
  },
})
const bytes = Number(options.bytes)
const rounds = Number(options.rounds)
const limit = Number(options.limit)
const only = options.only?.split(',')

using folder = tempFolder()
const path = join(folder.path, 'content.bin')
writeRandomFile(path, bytes)

/** Seconds from the reader's click: to the first byte, and to the last. */
interface Transfer {
  readonly firstByte: number
  readonly total: number
}

/** Makes everything ready and returns the transfer itself, which alone is measured. */
type Contender = (publisher: Page, reader: Page) => Promise<() => Promise<Transfer>>

await using server = await startServer()
const peers = await servePeers()
const tracker = await startOpenTracker()

const tabseed =
  (audience: string): Contender =>
  async (publisher, reader) => {
    await publisher.goto(server.url)
    await publisher.setInputFiles('input[type=file]', path)
    await publisher.getByRole('radio', { name: audience }).check()
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await publisher.waitForSelector('[data-state=seeding]')
    await reader.goto(publisher.url())
    await reader.getByRole('button', { name: /Download/ }).waitFor()
    return () =>
      reader.evaluate(async () => {
        const share = document.querySelector<HTMLElement>('[data-share]')
        const button = [...document.querySelectorAll('button')].find(b => b.textContent.includes('Download'))
        const start = performance.now()
        let firstByte = 0
        const done = new Promise<void>(resolve => {
          const look = () => {
            if (!firstByte && Number(share?.dataset['downloadRate']) > 0)
              firstByte = performance.now() - start
            if (share?.dataset['state'] === 'done') resolve()
          }
          if (share) new MutationObserver(look).observe(share, { attributes: true })
        })
        button?.click()
        await done
        return { firstByte: firstByte / 1000, total: (performance.now() - start) / 1000 }
      })
  }

const contenders: Record<string, Contender> = {
  tabseed: tabseed('Everyone'),
  'tabseed encrypted': tabseed('People I give the link to'),

  async 'stock webtorrent'(publisher, reader) {
    await publisher.goto(peers.url)
    await reader.goto(peers.url)
    await publisher.setInputFiles('input[type=file]', path)
    const torrent = await publisher.evaluate(async announceUrl => {
      const { default: WebTorrent } = await import(`${location.origin}/webtorrent.js`)
      const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
      const file = document.querySelector('input')?.files?.[0]
      const seeded = await new Promise<{ torrentFile: Uint8Array }>(resolve =>
        client.seed([file], { announce: [announceUrl] }, resolve),
      )
      return [...seeded.torrentFile]
    }, tracker.url)
    return () =>
      reader.evaluate(async file => {
        const { default: WebTorrent } = await import(`${location.origin}/webtorrent.js`)
        const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
        const start = performance.now()
        let firstByte = 0
        await new Promise<void>(resolve => {
          const torrent = client.add(new Uint8Array(file))
          torrent.on('download', () => {
            firstByte ||= performance.now() - start
          })
          torrent.on('done', resolve)
        })
        return { firstByte: firstByte / 1000, total: (performance.now() - start) / 1000 }
      }, torrent)
  },

  async 'bare data channel'(publisher, reader) {
    for (const page of [publisher, reader]) {
      await page.goto(peers.url)
      await page.addScriptTag({ url: '/simple-peer.js' })
    }
    const connect = (initiator: boolean) => {
      const scope = globalThis as unknown as { SimplePeer: new (o: object) => BarePeer } & BareScope
      scope.peer = new scope.SimplePeer({ initiator, trickle: false, config: { iceServers: [] } })
      // At once: an offer does not wait for who asks for it.
      scope.description = new Promise(resolve => scope.peer.once('signal', resolve))
    }
    await publisher.evaluate(connect, true)
    await reader.evaluate(connect, false)
    const signalOf = (page: Page, remote: unknown) =>
      page.evaluate(description => {
        const scope = globalThis as unknown as BareScope
        if (description !== null) scope.peer.signal(description)
        return scope.description
      }, remote)
    const offer = await signalOf(publisher, null)
    const answer = await signalOf(reader, offer)
    await publisher.evaluate(async description => {
      const { peer } = globalThis as unknown as { peer: BarePeer }
      const connected = new Promise(resolve => peer.once('connect', resolve))
      peer.signal(description)
      await connected
    }, answer)
    return async () => {
      const received = reader.evaluate(async expected => {
        const { peer } = globalThis as unknown as { peer: BarePeer }
        const start = performance.now()
        let firstByte = 0
        let got = 0
        await new Promise<void>(resolve =>
          peer.on('data', chunk => {
            firstByte ||= performance.now() - start
            got += chunk.length
            if (got >= expected) resolve()
          }),
        )
        return { firstByte: firstByte / 1000, total: (performance.now() - start) / 1000 }
      }, bytes)
      await publisher.evaluate(async total => {
        const { peer } = globalThis as unknown as { peer: BarePeer }
        const message = new Uint8Array(64 * 1024)
        for (let sent = 0; sent < total; sent += message.length) {
          if (!peer.write(message)) await new Promise(resolve => peer.once('drain', resolve))
        }
      }, bytes)
      return received
    }
  },
}

interface BareScope {
  peer: BarePeer
  /** Its offer or answer. */
  description: Promise<unknown>
}

interface BarePeer {
  once(event: string, listener: (value: unknown) => void): void
  on(event: 'data', listener: (chunk: Uint8Array) => void): void
  signal(description: unknown): void
  write(message: Uint8Array): boolean
}

const results: Record<string, { rate: number[]; cpu: number[]; firstByte: number[] }> = {}
for (let round = 0; round < rounds; round++) {
  for (const [name, prepare] of Object.entries(contenders)) {
    if (only && !only.includes(name)) continue
    // Profiles on disk: in a private window the browser keeps what is stored in its memory.
    using profiles = tempFolder()
    const browsers = [
      await launchProfile(join(profiles.path, 'publisher')),
      await launchProfile(join(profiles.path, 'reader')),
    ] as const
    const [publisher, reader] = await Promise.all([browsers[0].newPage(), browsers[1].newPage()])
    for (const page of [publisher, reader]) page.setDefaultTimeout(600_000)
    const transfer = await prepare(publisher, reader)
    const before = cpuSeconds(process.pid)
    const tooLong = new AbortController()
    const result = await Promise.race([
      transfer(),
      setTimeout(limit * 1000, undefined, { signal: tooLong.signal }),
    ]).finally(() => tooLong.abort())
    const cpu = cpuSeconds(process.pid) - before
    results[name] ??= { rate: [], cpu: [], firstByte: [] }
    if (result) {
      results[name].rate.push(bytes / MB / result.total)
      results[name].cpu.push(cpu / (bytes / 1e9))
      results[name].firstByte.push(result.firstByte)
    } else print(`${name}: not done after ${limit} s`)
    for (const browser of browsers) await browser.close()
  }
}
peers.close()
tracker.stop()

print(`${bytes} bytes, median of ${rounds}; CPU seconds of both browsers during the transfer`)
print(`${''.padEnd(20)} ${'MB/s'.padStart(8)} ${'CPU s/GB'.padStart(10)} ${'first byte s'.padStart(13)}`)
for (const [name, { rate, cpu, firstByte }] of Object.entries(results)) {
  const cells = [median(rate).toFixed(1).padStart(8), median(cpu).toFixed(0).padStart(10)]
  const all = `${rate.length} of ${rounds}: ${rate.map(one => one.toFixed(1)).join(' ')}`
  print(`${name.padEnd(20)} ${cells.join(' ')} ${median(firstByte).toFixed(2).padStart(13)}   ${all}`)
}
const rateOf = (name: string) => median(results[name]?.rate ?? [])
print(`ours / stock webtorrent: ${(rateOf('tabseed') / rateOf('stock webtorrent')).toFixed(2)}`)
print(`ours / bare data channel: ${(rateOf('tabseed') / rateOf('bare data channel')).toFixed(2)}`)
