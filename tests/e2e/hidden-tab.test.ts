import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { noise, sha256File, tempFolder, writeTree } from '../support/fixtures.ts'
import { closePerson, newPerson, publish, save, startDownload, waitForState } from '../support/pages.ts'
import { startServer, type TestServer } from '../support/test-server.ts'

const SIZE = 48 * 1024 ** 2

let server: TestServer
let browser: Browser
const folder = tempFolder()
const people: Page[] = []

beforeAll(async () => {
  server = await startServer()
  browser = await launchChromium()
})
afterEach(async () => {
  await Promise.all(people.splice(0).map(closePerson))
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder[Symbol.dispose]()
})

/** A page with what browsers leave to a hidden one: timers once a second, no frames, never an idle moment. */
async function hiddenPerson(): Promise<Page> {
  const page = await newPerson(browser)
  people.push(page)
  await page.addInitScript(() => {
    const { setTimeout: later } = window
    Object.assign(window, {
      setTimeout: (action: () => void, ms = 0, ...rest: unknown[]) =>
        later(action, Math.max(1000, ms), ...rest),
      requestIdleCallback: () => 0,
    })
  })
  return page
}

it('a transfer between hidden tabs needs neither timers nor idle moments', async () => {
  writeTree(folder.path, { 'hidden.bin': noise(SIZE, 31) })
  const path = join(folder.path, 'hidden.bin')
  const [publisher, reader] = [await hiddenPerson(), await hiddenPerson()]
  const link = await publish(publisher, server.url, { files: [path] })
  await startDownload(reader, link)
  // With a block for each timer it would take 50 minutes.
  await waitForState(reader, 'done', 60_000)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
}, 120_000)
