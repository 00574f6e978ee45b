import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../../support/browser/chromium.ts'
import { closePerson, newPerson, publish, waitForState } from '../../support/browser/pages.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

let server: TestServer
let browser: Browser
const folder = tempFolder()
const people: Page[] = []

beforeAll(async () => {
  server = await startServer()
  browser = await launchChromium()
})
afterAll(async () => {
  await Promise.all(people.map(closePerson))
  await browser?.close()
  await server?.stop()
  folder[Symbol.dispose]()
})

it('a download whose scripts cannot be loaded at the click starts when they can', async () => {
  writeTree(folder.path, { 'a.txt': 'content' })
  const [publisher, reader] = [
    await newPerson(browser),
    await newPerson(browser, { serviceWorkers: 'block' }),
  ]
  people.push(publisher, reader)
  const link = await publish(publisher, server.url, { files: [`${folder.path}/a.txt`] })
  // Asked to save data, the page loads nothing of it before.
  await reader.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
  )
  await reader.goto(link)
  await reader.waitForLoadState('networkidle')
  const scripts = /\.js(\?|$)/
  await reader.route(scripts, route => route.abort('connectionrefused'))
  await reader
    .getByRole('button', { name: /Download/ })
    .first()
    .click()
  await reader.locator('[data-error=server_unreachable]').waitFor()
  await reader.unroute(scripts)
  await waitForState(reader, 'done')
  expect(await reader.locator('[data-error=server_unreachable]').count()).toBe(0)
})

it('what a click opens, and whose script cannot be loaded then, opens when it can; until then the page says why', async () => {
  writeTree(folder.path, { 'b.txt': 'other content' })
  const publisher = await newPerson(browser, { serviceWorkers: 'block' })
  people.push(publisher)
  await publish(publisher, server.url, { files: [`${folder.path}/b.txt`] })
  await publisher.waitForLoadState('networkidle')
  const scripts = /\.js(\?|$)/
  await publisher.route(scripts, route => route.abort('connectionrefused'))
  await publisher.getByRole('button', { name: 'QR code' }).click()
  await publisher.locator('[data-error=server_unreachable]').waitFor()
  expect(await publisher.locator('[data-state=seeding]').count()).toBe(1)
  await publisher.unroute(scripts)
  await publisher.getByRole('dialog').waitFor()
  expect(await publisher.locator('[data-error=server_unreachable]').count()).toBe(0)
})
