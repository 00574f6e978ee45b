import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { counter, publish, startDownload, waitForCounter, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { LONG } from '../../support/long.ts'

const MB = 1e6

const { folder, person, server } = setStage()

beforeAll(() => {
  writeTree(folder.path, { 'limited.bin': noise(17 * MB, 11), 'small.bin': noise(8 * MB, 12) })
})

/** Set a limit by keyboard alone, as a person who uses no mouse. */
async function setLimit(page: Page, name: string, value: string): Promise<void> {
  const limits = page.locator('summary', { hasText: 'Speed limits' })
  const field = page.getByRole('spinbutton', { name, exact: true })
  if (!(await field.isVisible())) {
    if (!(await limits.isVisible())) {
      await page.locator('details:has([data-more]) > summary').focus()
      await page.keyboard.press('Enter')
    }
    await limits.focus()
    await page.keyboard.press('Enter')
  }
  await field.focus()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(value)
}

/**
 * Most bytes that pass in the seconds since `start`: a second of unused rate, and requests on their way, come besides. Our
 * clock stops late, so that a busy machine makes the time longer, never shorter.
 */
function allowed(
  rate: number,
  start: number,
  { requested = 1.5 * MB, end = performance.now() } = {},
): number {
  return rate * ((end - start) / 1000) + rate + requested
}

/** That a limit is used up since `start` needs a machine that does nothing else. */
function expectUsedUp(bytes: number, rate: number, start: number): void {
  if (LONG) expect(bytes).toBeGreaterThan(0.7 * rate * ((performance.now() - start) / 1000))
}

it('hold the rates of a share, publisher and reader alike, and can be taken back', {
  tags: 'long',
}, async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'limited.bin')] })
  await setLimit(publisher, 'Upload limit', '0.5')
  const reader = await person()
  const start = performance.now()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 0)
  const begun = performance.now()
  const first = await waitForCounter(reader, 'downloaded', value => value >= 5 * MB)
  expect(first).toBeLessThan(allowed(0.5 * MB, start))
  expectUsedUp(first, 0.5 * MB, begun)

  await setLimit(publisher, 'Upload limit', '0')
  await publisher.getByText(/number above 0/).waitFor()
  await setLimit(reader, 'Download limit', '0.5')
  const end = performance.now()
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('')
  const second = await waitForCounter(reader, 'downloaded', value => value >= 15 * MB)
  // What was requested before the limit, 4 MiB at most, comes at once.
  expect(second).toBeLessThan(
    allowed(0.5 * MB, start, { end }) + allowed(0.5 * MB, end, { requested: 4.2 * MB }),
  )

  await reader.getByRole('spinbutton', { name: 'Download limit', exact: true }).fill('')
  await waitForState(reader, 'done')
})

it('for all shares are kept in the browser and hold for the next share', { tags: 'long' }, async () => {
  const first = await person()
  await publish(first, server.url, { files: [join(folder.path, 'small.bin')] })
  await setLimit(first, 'Upload limit for all shares', '0.5')
  const publisher = await first.context().newPage()
  await first.close()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'small.bin')] })
  const reader = await person()
  const start = performance.now()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 0)
  const begun = performance.now()
  const downloaded = await waitForCounter(reader, 'downloaded', value => value >= 5 * MB)
  expect(downloaded).toBeLessThan(allowed(0.5 * MB, start))
  expectUsedUp(downloaded, 0.5 * MB, begun)
  await publisher.locator('summary', { hasText: 'Speed limits' }).click()
  const field = publisher.getByRole('spinbutton', { name: 'Upload limit for all shares' })
  expect(await field.inputValue()).toBe('0.5')
  await field.fill('')
  await waitForState(reader, 'done')
})

it('a publisher pauses and resumes by keyboard: nothing is sent in between', async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'small.bin')] })
  await setLimit(publisher, 'Upload limit', '1')
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > MB)
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
