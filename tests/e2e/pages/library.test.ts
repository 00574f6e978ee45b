import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import {
  publish,
  startDownload,
  storedShares,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const MB = 1e6
/** A file, and bytes a second, that leave time to act on its download. */
const LARGE = 6 * MB
const RATE = MB / 2

let bigLink: string
let smallLink: string
const { folder, newProfile, person, publisher, server } = setStage()

beforeAll(async () => {
  writeTree(folder.path, {
    'small.bin': noise(MB, 31),
    'mine.bin': noise(MB, 32),
    'large.bin': noise(LARGE, 33),
  })
  bigLink = (await publisher().publish(join(folder.path, 'large.bin'))).link
  smallLink = (await publisher().publish(join(folder.path, 'small.bin'))).link
})

const rowOf = (page: Page, link: string): Locator => page.locator(`[data-share="${link.slice(-40)}"]`)

const number = async (row: Locator, name: string): Promise<number> =>
  Number(await row.getAttribute(`data-${name}`))

async function confirmDelete(page: Page, row: Locator): Promise<void> {
  await row.getByRole('button', { name: /^Delete/ }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await row.waitFor({ state: 'detached' })
}

it('lists downloads and publications, after a restart too; pauses, resumes, saves and deletes them', async () => {
  const profile = newProfile()
  const page = await profile.open(`${server.url}/library`)
  await page.getByText('Nothing here yet').waitFor()
  expect(await page.locator('[data-library]').getAttribute('data-library')).toBe('0')

  await startDownload(page, smallLink)
  await waitForState(page, 'done')
  await publish(page, server.url, { files: [join(folder.path, 'mine.bin')] })
  publisher().limit(RATE)
  await startDownload(page, bigLink)
  await waitForCounter(page, 'downloaded', bytes => bytes > MB)
  await profile.close()

  const again = await profile.open(`${server.url}/library`)
  await again.locator('[data-library="3"]').waitFor()
  await again.getByRole('heading', { name: 'Unfinished downloads' }).waitFor()
  await again.getByRole('heading', { name: 'Finished downloads', exact: true }).waitFor()
  await again.getByRole('heading', { name: 'Published from this browser' }).waitFor()
  const [small, big] = [rowOf(again, smallLink), rowOf(again, bigLink)]
  expect(await number(small, 'stored')).toBeGreaterThanOrEqual(MB)
  expect(await small.getAttribute('data-state')).toBe('done')

  await again.getByRole('link', { name: 'mine.bin' }).waitFor()
  await again.setViewportSize({ width: 390, height: 844 })
  expect(await again.evaluate(() => document.documentElement.scrollWidth)).toBe(390)

  // The unfinished one went on by itself.
  await big.and(again.locator('[data-state=downloading]')).waitFor()
  await big.getByRole('button', { name: /^Pause/ }).click()
  await big.and(again.locator('[data-state=paused]')).waitFor()
  await expectAccessible(again)
  expect(await number(big, 'progress')).toBeLessThan(1)
  // The bytes that are here, not the length of files with gaps.
  const held = await number(big, 'stored')
  expect(held).toBeGreaterThan(MB)
  expect(held).toBeLessThan(LARGE)
  publisher().limit(null)
  await big.getByRole('button', { name: /^Resume/ }).click()
  await big.and(again.locator('[data-state=done]')).waitFor({ timeout: 90_000 })

  const [download] = await Promise.all([
    again.waitForEvent('download'),
    small.getByRole('button', { name: /^Save/ }).click(),
  ])
  const saved = join(folder.path, 'saved.bin')
  await download.saveAs(saved)
  expect(sha256File(saved)).toBe(sha256File(join(folder.path, 'small.bin')))

  await confirmDelete(again, big)
  await confirmDelete(again, small)
  expect(await storedShares(again)).toEqual([])
  expect(await number(again.locator('[data-used]'), 'used')).toBe(0)
  await again.reload()
  await again.locator('[data-library="1"]').waitFor()
}, 240_000)

it('shows bytes that no record knows as leftovers, and deletes them', async () => {
  const page = await person()
  await startDownload(page, smallLink)
  await waitForState(page, 'done')
  await page.goto(`${server.url}/manifest.webmanifest`)
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('tabseed-kept-shares')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const change = opening.result.transaction('shares', 'readwrite')
          change.objectStore('shares').clear()
          change.oncomplete = () => resolve()
        }
      }),
  )
  await page.goto(`${server.url}/library`)
  await page.getByRole('heading', { name: 'Leftovers' }).waitFor()
  const row = rowOf(page, smallLink)
  expect(await row.getAttribute('data-kind')).toBe('leftover')
  expect(await number(row, 'stored')).toBeGreaterThanOrEqual(MB)
  await confirmDelete(page, row)
  expect(await storedShares(page)).toEqual([])
  await page.getByText('Nothing here yet').waitFor()
}, 120_000)
