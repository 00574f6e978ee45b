import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closePerson, publish } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const { folder, person, server } = setStage({ serverArgs: ['--seeder', 'on', '--seeder-port', '0'] })
const file = () => join(folder.path, 'kept.bin')

let host: HostServer
let link: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'kept.bin': noise(2_000_000, 41) })
  const publisher = await person()
  link = await publish(publisher, server.url, { files: [file()] })
  await publisher.getByRole('switch', { name: 'Keep a copy on this server' }).click()
  await publisher.locator('[data-share][data-kept=yes]').waitFor()
  await closePerson(publisher)
})
afterAll(() => host.close())

/** Press the widget's button; resolves with the path of what is saved, and how the download stands then. */
async function download(page: Page) {
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Get it' }).click(),
  ])
  const path = join(folder.path, 'saved', `${Date.now()}.bin`)
  await saved.saveAs(path)
  const status = await page.evaluate(() => document.querySelector('tabseed-download')?.status)
  return { path, status }
}

it('downloads from the server alone, byte for byte, without asking anybody else', async () => {
  const page = await person()
  const sockets: string[] = []
  page.on('websocket', socket => sockets.push(socket.url()))
  await page.goto(host.put('/only', { body: html(snippet(link, 'web-seed-only')) }))
  const { path, status } = await download(page)
  expect(sha256File(path)).toBe(sha256File(file()))
  expect(status).toMatchObject({ fromWebSeeds: 2_000_000, fromPeers: 0, uploaded: 0 })
  expect(sockets).toEqual([])
  // There is nothing to switch off.
  expect(await page.getByRole('switch').count()).toBe(0)
})

it('gets by without WebSockets, which some blockers take away', async () => {
  const page = await person()
  await page.addInitScript(() => {
    window.WebSocket = class extends EventTarget {
      constructor() {
        super()
        throw new DOMException('blocked', 'SecurityError')
      }
    } as unknown as typeof WebSocket
  })
  await page.goto(host.put('/blocked', { body: html(snippet(link)) }))
  const { path, status } = await download(page)
  expect(sha256File(path)).toBe(sha256File(file()))
  expect(status?.fromWebSeeds).toBe(2_000_000)
})

it('gives nothing to others with no-upload: they are not even told of it', async () => {
  const giver = await person()
  await giver.goto(host.put('/quiet', { body: html(snippet(link, 'no-upload')) }))
  expect(sha256File((await download(giver)).path)).toBe(sha256File(file()))
  expect(await giver.getByRole('switch').count()).toBe(0)
  const scrape = await (await fetch(`${server.url}/badge/${link.slice(-40)}.svg`)).text()
  // Only the server's own seeder counts.
  expect(scrape).toContain('1 seed ')
  expect(scrape).toContain('cached')

  // The person's own switch does the same, and can be turned on again.
  const taker = await person()
  await taker.goto(host.put('/switch', { body: html(snippet(link)) }))
  await taker.getByRole('switch').uncheck()
  await download(taker)
  await taker.evaluate(() =>
    document.addEventListener(
      'tabseed:status',
      event => {
        if (!(event as CustomEvent<{ uploads: boolean }>).detail.uploads)
          document.body.dataset['turnedBack'] = ''
      },
      { capture: true },
    ),
  )
  await taker.getByRole('switch', { name: 'Share with others while this page is open' }).check()
  await taker.waitForFunction(() => document.querySelector('tabseed-download')?.status.uploads)
  expect(await taker.locator('[data-turned-back]').count()).toBe(0)
})
