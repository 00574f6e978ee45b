import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { servePeers } from '../../../bench/support.ts'
import { counter, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const MiB = 1024 ** 2
const SIZE = 24 * MiB

const { folder, person, publisher, server } = setStage()
const peers = await servePeers()

afterAll(async () => {
  peers.close()
})

type StockClient = new (
  options: object,
) => {
  add(torrent: Uint8Array, options: object): { on(event: string, listener: (value: unknown) => void): void }
}

interface Liar {
  readonly torrent: { readonly uploaded: number; readonly wires: readonly unknown[] }
}

/** A stock client that claims to have everything and sends zeros. */
async function startLiar(infoHash: string): Promise<Page> {
  const page = await person()
  await page.goto(peers.url)
  const torrent = Buffer.from(await (await fetch(`${server.url}/t/${infoHash}.torrent`)).arrayBuffer())
  await page.addScriptTag({
    type: 'module',
    content: 'import WebTorrent from "/webtorrent.js"; globalThis.WebTorrent = WebTorrent',
  })
  await page.waitForFunction(() => 'WebTorrent' in globalThis)
  await page.evaluate(
    async ([file, announceUrl]) => {
      const { WebTorrent } = globalThis as unknown as { WebTorrent: StockClient }
      const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } } })
      class Zeros {
        chunkLength: number
        constructor(chunkLength: number) {
          this.chunkLength = chunkLength
        }
        get(_index: number, { length }: { length: number }, done: (error: null, bytes: Uint8Array) => void) {
          queueMicrotask(() => done(null, new Uint8Array(length)))
        }
        put() {}
        close() {}
        destroy() {}
      }
      const options = { announce: [announceUrl], store: Zeros, skipVerify: true, storeCacheSlots: 0 }
      const torrent = client.add(Uint8Array.from(file), options)
      Object.assign(globalThis, { torrent })
      await new Promise(resolve => torrent.on('ready', resolve))
    },
    [[...torrent], server.announceUrl] as const,
  )
  return page
}

const sentBy = (liar: Page) => liar.evaluate(() => (globalThis as unknown as Liar).torrent.uploaded)

it('a peer that sends false bytes is dropped, costs little, and none of its bytes are stored', async () => {
  writeTree(folder.path, { 'true.bin': noise(SIZE, 21) })
  const path = join(folder.path, 'true.bin')
  const { link, uploaded } = await publisher().publish(path)
  const liar = await startLiar(link.slice(-40))
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done', 120_000)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
  expect(await sentBy(liar)).toBeGreaterThan(0)
  expect(await sentBy(liar)).toBeLessThan(3 * MiB)
  expect(uploaded()).toBeLessThan(1.5 * SIZE)
  // It stays disconnected although the tracker announces it again.
  await liar.waitForFunction(() => (globalThis as unknown as Liar).torrent.wires.length <= 1)
}, 180_000)

it('with a lying peer alone the download waits; it completes correctly once an honest one joins', async () => {
  writeTree(folder.path, { 'later.bin': noise(2 * MiB, 22) })
  const path = join(folder.path, 'later.bin')
  const { leave, link } = await publisher().publish(path)
  await leave()
  const liar = await startLiar(link.slice(-40))
  const reader = await person()
  await startDownload(reader, link)
  await liar.waitForFunction(() => (globalThis as unknown as Liar).torrent.uploaded > 0)
  await liar.waitForFunction(() => (globalThis as unknown as Liar).torrent.wires.length === 0)
  expect(await counter(reader, 'downloaded')).toBe(0)
  await publisher().publish(path)
  await waitForState(reader, 'done', 60_000)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
}, 180_000)
