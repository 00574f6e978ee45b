import { closeSync, openSync, truncateSync, utimesSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import { choosePieceLength } from '../../../lib/torrent/piece-length.ts'
import { launchChromium } from '../../support/browser/chromium.ts'
import { rendererMemory } from '../../support/browser/memory.ts'
import { closePerson, newPerson, waitForState } from '../../support/browser/pages.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { sized } from '../../support/long.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const MB = 1024 * 1024
const GB = 1024 * MB
const LIMIT_MS = sized({ gate: 60_000, long: 400_000 })

/** A file that is hashed in part, and from where to where memory is compared, in bytes hashed. */
const MEMORY = sized<{
  readonly size: number
  readonly early: readonly [number, number]
  readonly late: readonly [number, number]
}>({
  gate: { size: 4 * GB, early: [0.125 * GB, 0.375 * GB], late: [0.75 * GB, GB] },
  long: { size: 20 * GB, early: [GB, 2 * GB], late: [5 * GB, 6 * GB] },
})
/** Readings of memory in each of the two: it goes up and down with every read, and the peaks count. */
const READINGS = 8
/** More than a gigabyte, after which there is a checkpoint at the latest. */
const RESUMED = sized({ gate: 2 * GB, long: 5 * GB })

/** So large that it can be cancelled when a fifth of it is hashed. */
const WRONG = sized({ gate: 384 * MB, long: GB })

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

/** Resolves when a checkpoint is stored, with the bytes that it spares. */
async function savedBytes(page: Page): Promise<number> {
  const digestBytes = await page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const read = async () => {
      // Opening it would create it.
      if (!(await indexedDB.databases()).some(({ name }) => name === 'tabseed-hashing')) return []
      const database = await settled(indexedDB.open('tabseed-hashing'))
      const found = await settled(database.transaction('checkpoints').objectStore('checkpoints').getAll())
      database.close()
      return found
    }
    for (;;) {
      const [checkpoint] = await read()
      if (checkpoint) return Number(checkpoint.digests.length)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })
  return (digestBytes / PIECE_HASH_BYTES) * choosePieceLength(RESUMED, [])
}

const resumedFrom = async (page: Page): Promise<number> => {
  const resumed = page.locator('[data-state=hashing]:not([data-resumed-from="0"])')
  await resumed.waitFor()
  return Number(await resumed.getAttribute('data-resumed-from'))
}

/** Most memory that was seen while hashing went from `from` to `to` bytes. */
async function peakMemory(page: Page, [from, to]: readonly [number, number], size: number): Promise<number> {
  let peak = 0
  for (let reading = 0; reading <= READINGS; reading++) {
    await hashedUpTo(page, (from + ((to - from) * reading) / READINGS) / size)
    peak = Math.max(peak, await rendererMemory(browser))
  }
  return peak
}

it('hashing takes no more memory late in a large file than early, and can be cancelled', {
  tags: 'long',
  timeout: 900_000,
}, async () => {
  const { early, late, size } = MEMORY
  const page = await person()
  await startHashing(page, sparseFile('large.img', size))
  const before = await peakMemory(page, early, size)
  const after = await peakMemory(page, late, size)
  process.stdout.write(`renderer memory: ${before / MB} MiB early, ${after / MB} MiB late\n`)
  expect(after - before).toBeLessThan(64 * MB)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Nothing was published').first().waitFor()
  await page.getByRole('button', { name: /^Publish/ }).waitFor()
})

it('goes on from the checkpoint after a reload, in a file that is the same', {
  tags: 'sized',
  timeout: 240_000,
}, async () => {
  const file = sparseFile('resumed.img', RESUMED)
  const page = await person()
  await startHashing(page, file)
  const saved = await savedBytes(page)
  await page.reload()

  await startHashing(page, file)
  const first = await resumedFrom(page)
  expect(first).toBeGreaterThanOrEqual(saved)
  expect(first).toBeLessThan(RESUMED)
  await page.getByRole('status').filter({ hasText: 'already prepared' }).waitFor()
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
})

it('starts over when the bytes behind the checkpoint are not what they were, and gives the right hash', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const file = sparseFile('wrong.img', WRONG)
  const time = new Date(Date.now() - 86_400_000)
  utimesSync(file, time, time)
  const page = await person()
  await startHashing(page, file)
  await hashedUpTo(page, 0.2)
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
})
