/**
 * Publishing in one tab, side by side: ours from the chosen file to seeding, for everyone and
 * encrypted, webtorrent's `client.seed`,
 * create-torrent alone, and reading the file without hashing.
 *
 *     npm run bench:publish [-- --bytes 1073741824 --rounds 3]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { launchChromium } from '../tests/support/browser/chromium.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { MB, median, print, servePeers } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(1024 ** 3) },
    rounds: { type: 'string', default: '3' },
  },
})
const bytes = Number(options.bytes)
const rounds = Number(options.rounds)

using folder = tempFolder()
const path = join(folder.path, 'content.bin')
writeRandomFile(path, bytes)

/** From the click on Publish. */
const tabseed = (audience: string) => async (page: Page) => {
  const origin = new URL(page.url()).origin
  await page.goto(origin)
  await page.setInputFiles('input[type=file]', path)
  await page.getByRole('radio', { name: audience }).check()
  await page.getByRole('button', { name: /^Publish/ }).waitFor()
  return page.evaluate(async () => {
    const button = [...document.querySelectorAll('button')].find(b => b.textContent.startsWith('Publish'))
    const seeding = new Promise<void>(resolve => {
      const look = () => document.querySelector('[data-state=seeding]') && resolve()
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true })
    })
    const start = performance.now()
    button?.click()
    await seeding
    return (performance.now() - start) / 1000
  })
}

/** Each contender, from a page that has the file chosen to done; returns seconds. */
const contenders: Record<string, (page: Page, announce: string) => Promise<number>> = {
  'tabseed: choose to seeding': tabseed('Everyone'),
  'tabseed, encrypted: choose to seeding': tabseed('People I give the link to'),
  async 'webtorrent client.seed'(page, announce) {
    return page.evaluate(async announceUrl => {
      const { default: WebTorrent } = await import(`${location.origin}/webtorrent.js`)
      const file = document.querySelector('input')?.files?.[0]
      const client = new WebTorrent()
      const start = performance.now()
      await new Promise(resolve => client.seed([file], { announce: [announceUrl] }, resolve))
      const seconds = (performance.now() - start) / 1000
      await new Promise(resolve => client.destroy(resolve))
      return seconds
    }, announce)
  },
  async 'create-torrent alone'(page, announce) {
    return page.evaluate(async announceUrl => {
      const { default: createTorrent } = await import(`${location.origin}/create-torrent.js`)
      const file = document.querySelector('input')?.files?.[0]
      const start = performance.now()
      await new Promise((resolve, reject) =>
        createTorrent(
          [file],
          { announceList: [[announceUrl]] },
          (error: Error | null, torrent: Uint8Array) => (error ? reject(error) : resolve(torrent)),
        ),
      )
      return (performance.now() - start) / 1000
    }, announce)
  },
  async 'reading alone: stream()'(page) {
    return page.evaluate(async () => {
      const file = document.querySelector('input')?.files?.[0]
      const start = performance.now()
      const reader = file?.stream().getReader()
      while (reader && !(await reader.read()).done);
      return (performance.now() - start) / 1000
    })
  },
  async 'reading alone: 4 MiB slices'(page) {
    return page.evaluate(async () => {
      const file = document.querySelector('input')?.files?.[0]
      const start = performance.now()
      const step = 4 * 1024 * 1024
      for (let at = 0; file && at < file.size; at += step) await file.slice(at, at + step).arrayBuffer()
      return (performance.now() - start) / 1000
    })
  },
}

await using server = await startServer()
const peers = await servePeers()
const announce = `${server.url.replace(/^http/, 'ws')}/announce`
const rates: Record<string, number[]> = {}
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    // A fresh browser each time: what one contender leaves in storage must not slow the next one down.
    const browser = await launchChromium()
    const page = await browser.newPage()
    if (name.startsWith('tabseed')) {
      await page.goto(server.url)
    } else {
      await page.goto(peers.url)
      await page.setInputFiles('input[type=file]', path)
    }
    const seconds = await run(page, announce)
    rates[name] = [...(rates[name] ?? []), bytes / MB / seconds]
    await browser.close()
  }
}
peers.close()

const [ours = Number.NaN, ...others] = Object.values(rates).map(median)
print(`${bytes} bytes, median of ${rounds} (MB/s; all rounds)`)
for (const [name, all] of Object.entries(rates)) {
  const rate = median(all)
  const ratio = name.startsWith('tabseed:') ? '' : `ours is ${(ours / rate).toFixed(2)} x`
  print(
    `${name.padEnd(40)} ${rate.toFixed(0).padStart(6)}   ${ratio.padEnd(16)} [${all.map(r => r.toFixed(0)).join(' ')}]`,
  )
}
const fastestRead = Math.max(...others.slice(-2))
print(`ours against the faster way of reading alone: ${(ours / fastestRead).toFixed(2)}`)
