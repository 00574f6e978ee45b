import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import { startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeTree } from '../../support/content/fixtures.ts'

const { folder, person, server } = setStage({ serverArgs: ['--expiry-max', '30d', '--expiry-default', '7d'] })

/** The server looks every 30 s. */
const ENDED_LIMIT_MS = 45_000

beforeAll(() => writeTree(folder.path, { 'one.txt': 'one', 'two.txt': 'two' }))

/** Choose a file and open what may be said of it. */
async function choose(page: Page, name: string) {
  await page.goto(server.url)
  await page.locator('input[type=file]').first().setInputFiles(join(folder.path, name))
  await page.getByText('More options').click()
}

const endOf = (page: Page) => page.locator('[data-expires-at]').getAttribute('data-expires-at')
const hoursUntil = (time: string | null) => (Date.parse(time ?? '') - Date.now()) / 3_600_000

it('a link ends when its publisher chose, which readers see, and which the publisher changes', {
  tags: 'long',
}, async () => {
  const page = await person()
  await choose(page, 'one.txt')
  const ends = page.getByLabel('Link ends')
  expect(await ends.locator('option').allTextContents()).toEqual([
    'After 1 hour',
    'After 1 day',
    'After 7 days',
    'After 30 days',
  ])
  expect(await ends.inputValue()).toBe(String(7 * 86_400))
  await expectAccessible(page)
  await ends.selectOption({ label: 'After 1 day' })
  await page.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(page, 'seeding')
  await page.reload()
  expect(hoursUntil(await endOf(page))).toBeGreaterThan(23.5)
  expect(hoursUntil(await endOf(page))).toBeLessThan(24.1)

  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Link ends').selectOption({ label: 'After 30 days' })
  await page.getByRole('button', { name: 'Apply' }).click()
  await expect.poll(async () => hoursUntil(await endOf(page)), { timeout: 10_000 }).toBeGreaterThan(700)
})

it('after the last download it says so, in the tab that has it and to whoever comes later', async () => {
  const page = await person()
  await choose(page, 'two.txt')
  await page.getByLabel('Or after').selectOption({ label: '1 download' })
  await page.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(page, 'seeding')
  const link = page.url()
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  await page.getByText('This link has ended').first().waitFor({ timeout: ENDED_LIMIT_MS })

  const late = await person()
  const answer = await late.goto(link)
  expect(answer?.status()).toBe(410)
  await late.locator('[data-error=share_expired]').waitFor()
  await late.getByRole('heading', { name: 'This link has ended' }).waitFor()
  await expectAccessible(late)
})
