import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { counter, publish, startDownload, waitForCounter, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const MB = 1e6

const { folder, person, server } = setStage()

beforeAll(() => {
  writeTree(folder.path, { 'limited.bin': noise(40 * MB, 11) })
})

/** Set a limit by keyboard alone, as a person who uses no mouse. */
async function setLimit(page: Page, name: string, value: string): Promise<void> {
  const limits = page.locator('summary', { hasText: 'Limits' })
  const field = page.getByRole('spinbutton', { name, exact: true })
  if (!(await field.isVisible())) {
    await limits.focus()
    await page.keyboard.press('Enter')
  }
  await field.focus()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(value)
}

/** Bytes a second over the next 8 MB and more: pieces count when they are whole, so a short time would measure their edges. */
async function measure(page: Page, name: string): Promise<number> {
  const from = await counter(page, name)
  const start = performance.now()
  const to = await waitForCounter(page, name, value => value >= from + 8 * MB)
  return ((to - from) / (performance.now() - start)) * 1000
}

it('hold the rates of a share, publisher and reader alike, and can be taken back', async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'limited.bin')] })
  await setLimit(publisher, 'Upload limit', '2')
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 2 * MB)
  const limited = await measure(reader, 'downloaded')
  expect(limited).toBeGreaterThan(0.75 * 2 * MB)
  expect(limited).toBeLessThan(1.25 * 2 * MB)

  await setLimit(publisher, 'Upload limit', '0')
  await publisher.getByText(/number above 0/).waitFor()
  await setLimit(reader, 'Download limit', '1')
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('')
  // What was asked for before the limit, 4 MiB at most, comes at once.
  const before = await counter(reader, 'downloaded')
  await waitForCounter(reader, 'downloaded', value => value > before + 6 * MB)
  const slower = await measure(reader, 'downloaded')
  expect(slower).toBeGreaterThan(0.75 * MB)
  expect(slower).toBeLessThan(1.25 * MB)

  await reader.getByRole('spinbutton', { name: 'Download limit', exact: true }).fill('')
  await waitForState(reader, 'done')
})

it('for all shares are kept in the browser and hold for the next share', async () => {
  const first = await person()
  await publish(first, server.url, { files: [join(folder.path, 'limited.bin')] })
  await setLimit(first, 'Upload limit for all shares', '1.5')
  const publisher = await first.context().newPage()
  await first.close()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'limited.bin')] })
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 2 * MB)
  const rate = await measure(reader, 'downloaded')
  expect(rate).toBeGreaterThan(0.75 * 1.5 * MB)
  expect(rate).toBeLessThan(1.25 * 1.5 * MB)
  await publisher.locator('summary', { hasText: 'Limits' }).click()
  const field = publisher.getByRole('spinbutton', { name: 'Upload limit for all shares' })
  expect(await field.inputValue()).toBe('1.5')
  await field.fill('')
  await waitForState(reader, 'done')
})

it('a publisher pauses and resumes by keyboard: nothing is sent in between', async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'limited.bin')] })
  await setLimit(publisher, 'Upload limit', '4')
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 4 * MB)
  await publisher.getByRole('button', { name: 'Pause' }).focus()
  await publisher.keyboard.press('Enter')
  await waitForState(publisher, 'paused')
  await waitForState(reader, 'waiting')
  expect(await counter(publisher, 'peers')).toBe(0)
  const before = await counter(publisher, 'uploaded')
  await publisher.getByRole('button', { name: 'Resume' }).focus()
  expect(await counter(publisher, 'uploaded')).toBe(before)
  await publisher.keyboard.press('Enter')
  await waitForState(publisher, 'seeding')
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('')
  await waitForState(reader, 'done', 60_000)
})
