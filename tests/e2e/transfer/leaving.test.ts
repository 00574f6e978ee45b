import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { publish, startDownload, waitForCounter, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, server } = setStage()

/** True when the browser asked before it left this page; the page stays. */
async function asksBeforeLeaving(page: Page): Promise<boolean> {
  let asked = false
  page.removeAllListeners('dialog')
  page.once('dialog', dialog => {
    asked = true
    void dialog.dismiss()
  })
  // A browser asks only for a page that somebody has touched.
  await page.locator('h1').click()
  await page.goto('about:blank').catch(() => undefined)
  return asked
}

it('the browser asks before a tab is left that alone has the files, and not before one that loses nothing', async () => {
  writeTree(folder.path, { 'only.bin': noise(3_000_000, 51) })
  const publisher = await person()
  await publish(publisher, server.url, { files: [join(folder.path, 'only.bin')] })
  expect(await asksBeforeLeaving(publisher)).toBe(true)

  const visitor = await person()
  await visitor.goto(publisher.url())
  await visitor.getByRole('button', { name: /Download/ }).waitFor()
  expect(await asksBeforeLeaving(visitor)).toBe(false)

  const reader = await person()
  await startDownload(reader, publisher.url())
  await waitForState(reader, 'done')
  // A full copy is elsewhere now.
  await waitForCounter(publisher, 'copies', copies => copies >= 1)
  expect(await asksBeforeLeaving(publisher)).toBe(false)
})

it('the screen stays on while a visible tab sends or fetches, and no longer', async () => {
  writeTree(folder.path, { 'awake.bin': noise(30_000_000, 52) })
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'awake.bin')] })
  await publisher.getByText('Limits', { exact: true }).click()
  await publisher.getByLabel('Upload limit', { exact: true }).fill('3')

  // Nothing else tells whether a page holds a lock.
  const reader = await person()
  await reader.addInitScript(() => {
    const held = new Set<WakeLockSentinel>()
    const request = navigator.wakeLock.request.bind(navigator.wakeLock)
    navigator.wakeLock.request = async type => {
      const lock = await request(type)
      held.add(lock)
      lock.addEventListener('release', () => held.delete(lock))
      return lock
    }
    Object.assign(globalThis, { locksHeld: held })
  })
  const locksHeld = (count: number) =>
    reader.waitForFunction(
      wanted => (globalThis as unknown as { locksHeld: Set<unknown> }).locksHeld.size === wanted,
      count,
    )
  await startDownload(reader, link)
  await waitForCounter(reader, 'download-rate', rate => rate > 0)
  await locksHeld(1)
  await waitForState(reader, 'done', 60_000)
  await locksHeld(0)
})
