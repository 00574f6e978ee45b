import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium, watchHealth } from '../../support/browser/chromium.ts'
import { newPerson, publish } from '../../support/browser/pages.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const folder = tempFolder()
let browser: Browser
let server: TestServer
beforeAll(async () => {
  writeTree(folder.path, { 'shown.bin': noise(400_000, 8) })
  browser = await launchChromium()
  server = await startServer(['--dev'])
})
afterAll(async () => {
  await browser.close()
  await server.stop()
  folder[Symbol.dispose]()
})

it('every kind of widget is there to be tried, with what it tells, in development', async () => {
  const page = await newPerson(browser)
  await page.goto(`${server.url}/examples`)
  await page.getByText('There is no such share').waitFor()

  // In development the first visit of a page is the one that compiles it.
  await page.goto(server.url)
  await page.getByRole('button', { name: 'Choose files' }).click({ trial: true })
  const link = await publish(await newPerson(browser), server.url, {
    files: [join(folder.path, 'shown.bin')],
  })
  const complaints = watchHealth(page.context(), server.url)
  await page.goto(`${server.url}/examples`)
  await page.locator(`[data-examples="${link.slice(-40)}"]`).waitFor()
  expect(await page.locator('tabseed-download').count()).toBe(6)
  const card = page.getByRole('region', { name: 'Card, as it comes' })
  await card.getByRole('button', { name: 'shown.bin' }).click()
  await card.locator('tabseed-download[data-state=done]').waitFor()
  await page.getByText('tabseed:done').first().waitFor()
  await page.frameLocator('iframe[title=Download]').getByText('shown.bin').first().waitFor()
  expect(complaints).toEqual([])
})

it('they are no part of what people get', async () => {
  await using production = await startServer()
  expect((await fetch(`${production.url}/examples`)).status).toBe(404)
})
