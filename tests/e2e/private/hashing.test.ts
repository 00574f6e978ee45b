import { closeSync, openSync, truncateSync, utimesSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { checkpoints, type SavedKey, secretIn } from '../../support/browser/checkpoints.ts'
import { waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const MB = 1024 * 1024
const LIMIT = { timeout: 60_000 }
/** So large that it can be cancelled when a fifth of it is hashed. */
const SIZE = 384 * MB

const { folder, person, server } = setStage({ serverArgs: ['--audience', 'link'] })

/** A file of which only the first bytes take room on disk, as old as yesterday. */
function sparseFile(name: string): string {
  const path = join(folder.path, name)
  const file = openSync(path, 'w')
  writeSync(file, noise(MB, 3))
  closeSync(file)
  truncateSync(path, SIZE)
  touch(path, 1)
  return path
}

function touch(path: string, daysAgo: number): void {
  const time = new Date(Date.now() - daysAgo * 86_400_000)
  utimesSync(path, time, time)
}

async function startHashing(page: Page, files: string[]): Promise<void> {
  await page.goto(server.url)
  await page.locator('input[type=file]').first().setInputFiles(files)
  await page.getByRole('button', { name: /^Publish/ }).click()
}

/** Hashes a fifth of the files, and cancels. */
async function interrupt(page: Page, files: string[]): Promise<SavedKey> {
  await startHashing(page, files)
  await page.waitForFunction(
    () => Number(document.querySelector('[data-state=hashing]')?.getAttribute('data-progress')) >= 0.2,
    undefined,
    LIMIT,
  )
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Nothing was published').first().waitFor()
  const [saved] = await checkpoints(page)
  if (!saved) throw new TypeError('nothing was saved')
  return saved
}

const resumed = (page: Page) => page.locator('[data-state=hashing]:not([data-resumed-from="0"])')

it('an interrupted attempt goes on after a reload under its key, which is then of that share alone', async () => {
  writeTree(folder.path, { 'first.bin': noise(3 * MB, 5) })
  const first = join(folder.path, 'first.bin')
  const files = [first, sparseFile('rest.img')]
  const page = await person()
  const saved = await interrupt(page, files)
  await page.reload()
  await startHashing(page, files)
  await resumed(page).waitFor()
  await page.getByRole('status').filter({ hasText: 'already prepared' }).waitFor()
  await waitForState(page, 'seeding', LIMIT.timeout)
  expect(secretIn(page)).toBe(saved.secret)
  expect(await checkpoints(page)).toEqual([])
  const link = page.url()

  // Every piece is what it should be.
  const checker = await person()
  await checker.goto(`${server.url}/heal`)
  await checker.getByLabel('Share link').fill(link)
  await checker.getByRole('button', { name: 'Use link' }).click()
  await checker.getByText('2 files').first().waitFor()
  await checker.getByLabel('Your copy').setInputFiles(files)
  const report = checker.locator('[data-bad-pieces]')
  await report.waitFor(LIMIT)
  expect(await report.getAttribute('data-bad-pieces')).toBe('0')
  // So are the hashes inside, without which nothing is saved.
  const reader = await person()
  await reader.goto(link)
  const get = reader.getByRole('button', { name: 'Get first.bin' })
  const [download] = await Promise.all([reader.waitForEvent('download', LIMIT), get.click()])
  const copy = join(folder.path, 'copy.bin')
  await download.saveAs(copy)
  expect(sha256File(copy)).toBe(sha256File(first))

  // The same files once more: a new key.
  await startHashing(page, files)
  await waitForState(page, 'seeding', LIMIT.timeout)
  expect(page.url()).not.toBe(link)
  expect(secretIn(page)).not.toBe(saved.secret)
}, 240_000)

it('starts over under a new key when a file has changed, its bytes are not what they were, or the password is another', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const files = [sparseFile('changed.img')]
  const page = await person()
  const before = await interrupt(page, files)
  touch(files[0] ?? '', 2)
  const touched = await interrupt(page, files)
  expect(touched.secret).not.toBe(before.secret)

  // Neither size nor time tells it.
  const second = await person()
  const kept = await interrupt(second, files)
  await checkpoints(second, true)
  const again = await interrupt(second, files)
  expect(again.name).toBe(kept.name)
  expect(again.secret).not.toBe(kept.secret)

  await second.goto(server.url)
  await second.locator('input[type=file]').first().setInputFiles(files)
  await second.getByLabel('Password').fill('correct horse battery staple')
  await second.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(second, 'seeding', LIMIT.timeout)
  expect(secretIn(second)).not.toBe(again.secret)
})

it('two tabs with the same files do not share a key', { tags: 'long', timeout: 240_000 }, async () => {
  const files = [sparseFile('twice.img')]
  const page = await person()
  const saved = await interrupt(page, files)
  const other = await page.context().newPage()
  await other.goto(server.url)
  await other.evaluate(
    name =>
      new Promise<void>(held => {
        void navigator.locks.request(name, () => {
          held()
          return new Promise(() => undefined)
        })
      }),
    `tabseed-hashing-${saved.name}`,
  )
  await startHashing(page, files)
  await waitForState(page, 'seeding', LIMIT.timeout)
  expect(secretIn(page)).not.toBe(saved.secret)
  expect(await checkpoints(page)).toEqual([saved])
})
