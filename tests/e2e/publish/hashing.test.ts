import { closeSync, openSync, truncateSync, utimesSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../../support/browser/chromium.ts'
import { rendererMemory } from '../../support/browser/memory.ts'
import { closePerson, newPerson, waitForState } from '../../support/browser/pages.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const MB = 1024 * 1024
const GB = 1024 * MB
const LIMIT_MS = 60_000

let server: TestServer
let browser: Browser
const folder = tempFolder()
const people: Page[] = []

beforeAll(async () => {
  server = await startServer()
})
afterEach(async () => {
  await Promise.all(people.splice(0).map(closePerson))
  await browser?.close()
})
afterAll(async () => {
  await server?.stop()
  folder[Symbol.dispose]()
})

async function person(): Promise<Page> {
  browser = await launchChromium()
  const page = await newPerson(browser)
  people.push(page)
  page.on('dialog', dialog => dialog.accept())
  return page
}

/** A file of `bytes` bytes of which only the first ones take room on disk. */
function sparseFile(name: string, bytes: number): string {
  const path = join(folder.path, name)
  const file = openSync(path, 'w')
  writeSync(file, noise(MB, 3))
  closeSync(file)
  truncateSync(path, bytes)
  return path
}

async function startHashing(page: Page, file: string): Promise<void> {
  await page.goto(server.url)
  await page.locator('input[type=file]').first().setInputFiles(file)
  await page.getByRole('button', { name: /^Publish/ }).click()
}

/** Resolves when at least `fraction` of the content is hashed. */
const hashedUpTo = (page: Page, fraction: number) =>
  page.waitForFunction(
    wanted => Number(document.querySelector('[data-state=hashing]')?.getAttribute('data-progress')) >= wanted,
    fraction,
    { timeout: LIMIT_MS },
  )

const resumedFrom = async (page: Page): Promise<number> => {
  const resumed = page.locator('[data-state=hashing]:not([data-resumed-from="0"])')
  await resumed.waitFor()
  return Number(await resumed.getAttribute('data-resumed-from'))
}

it('hashing takes no more memory after 6 GB than after 1 GB of a 20 GB file, and can be cancelled', async () => {
  const file = sparseFile('20 GB.img', 20 * GB)
  const page = await person()
  await startHashing(page, file)
  await hashedUpTo(page, 1 / 20)
  const early: number[] = []
  const late: number[] = []
  // The peaks of several looks: memory goes up and down with every read.
  for (let gigabytes = 1; gigabytes <= 2; gigabytes += 0.125) {
    await hashedUpTo(page, gigabytes / 20)
    early.push(await rendererMemory(browser))
  }
  for (let gigabytes = 5; gigabytes <= 6; gigabytes += 0.125) {
    await hashedUpTo(page, gigabytes / 20)
    late.push(await rendererMemory(browser))
  }
  const [before, after] = [Math.max(...early), Math.max(...late)]
  process.stdout.write(`renderer memory: ${before / MB} MiB at 1 GB, ${after / MB} MiB at 6 GB\n`)
  expect(after - before).toBeLessThan(64 * MB)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Nothing was published').first().waitFor()
  await page.getByRole('button', { name: /^Publish/ }).waitFor()
}, 180_000)

it('goes on from the checkpoint after a reload, in a file that is the same', async () => {
  const file = sparseFile('5 GB.img', 5 * GB)
  const page = await person()
  await startHashing(page, file)
  await hashedUpTo(page, 0.6)
  await page.reload()

  await startHashing(page, file)
  const first = await resumedFrom(page)
  expect(first).toBeGreaterThanOrEqual(GB)
  expect(first).toBeLessThan(5 * GB)
  await page.getByRole('status').filter({ hasText: 'prepared before' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()

  // Cancelling loses nothing of what was hashed; publishing again in the same page goes on too.
  await page.getByRole('button', { name: /^Publish/ }).click()
  expect(await resumedFrom(page)).toBeGreaterThanOrEqual(first)
  await page.getByRole('button', { name: 'Cancel' }).click()

  // Touched: another file, for all we know.
  utimesSync(file, new Date(), new Date(Date.now() - 86_400_000))
  await startHashing(page, file)
  await hashedUpTo(page, 0.01)
  expect(await page.locator('[data-state=hashing]').getAttribute('data-resumed-from')).toBe('0')
}, 240_000)

it('starts over when the bytes behind the checkpoint are not what they were, and gives the right hash', async () => {
  const file = sparseFile('2 GB.img', 2 * GB)
  const time = new Date(Date.now() - 86_400_000)
  utimesSync(file, time, time)
  const page = await person()
  await startHashing(page, file)
  await hashedUpTo(page, 0.3)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Nothing was published').first().waitFor()

  // The whole checkpoint is wrong, and neither size nor time tells it.
  await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>(resolve => {
      const opening = indexedDB.open('tabseed-hashing')
      opening.onsuccess = () => resolve(opening.result)
    })
    const store = database.transaction('checkpoints', 'readwrite').objectStore('checkpoints')
    await new Promise<void>(resolve => {
      const walking = store.openCursor()
      walking.onsuccess = () => {
        const cursor = walking.result
        if (!cursor) return resolve()
        cursor.value.digests.fill(1)
        cursor.update(cursor.value)
        cursor.continue()
      }
    })
    database.close()
  })
  await startHashing(page, file)
  await waitForState(page, 'seeding', LIMIT_MS)
  const first = page.url()

  // The same share as without any checkpoint.
  await closePerson(page)
  people.length = 0
  await browser.close()
  const other = await person()
  await startHashing(other, file)
  await waitForState(other, 'seeding', LIMIT_MS)
  expect(other.url()).toBe(first)
}, 240_000)
