import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { watchHealth } from '../../support/browser/chromium.ts'
import { newPerson } from '../../support/browser/pages.ts'
import { workerBrowser } from '../../support/browser/worker.ts'
import { NodePublisher } from '../../support/clients/node-publisher.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { listShare } from '../../support/content/shares.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const folder = tempFolder()
let browser: Browser
let server: TestServer
let publisher: NodePublisher
beforeAll(async () => {
  writeTree(folder.path, { 'shown.bin': noise(400_000, 8) })
  browser = await workerBrowser()
  server = await startServer(['--dev'])
  publisher = new NodePublisher(server.url)
})
afterAll(async () => {
  await publisher.close()
  await server.stop()
  folder[Symbol.dispose]()
})

/** In development the first visit of a page is the one that compiles it, for as long as the other tests leave the cores busy. */
const COMPILE_LIMIT_MS = 120_000

it('every kind of widget is there to be tried, with what it tells, in development', {
  tags: 'long',
  timeout: 400_000,
}, async () => {
  for (const path of ['/examples', `/embed/${'0'.repeat(40)}`])
    await (await fetch(server.url + path, { signal: AbortSignal.timeout(COMPILE_LIMIT_MS) })).text()
  const page = await newPerson(browser)
  await page.goto(`${server.url}/examples`)
  await page.getByText('There is no such share').waitFor()

  const { link, metainfo, ownerKey } = await publisher.publish(join(folder.path, 'shown.bin'))
  await listShare(server.url, metainfo.infoHash, ownerKey)
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
  await page.context().close()
})

it('they are no part of what people get', { tags: 'long' }, async () => {
  await using production = await startServer()
  expect((await fetch(`${production.url}/examples`)).status).toBe(404)
})
