import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { publish, startDownload, waitForCounter, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

// The shell keeps no screen on.
const { folder, person, server } = setStage({ browser: 'whole' })

/** How long the browser may take to give a lock or take it back. */
const LIMIT = { timeout: 10_000 }

/** True when the browser asked before it left this page; the page stays. */
async function asksBeforeLeaving(page: Page): Promise<boolean> {
  let asked = false
  page.removeAllListeners('dialog')
  page.once('dialog', dialog => {
    asked = true
    void dialog.dismiss()
  })
  // A browser asks only after an interaction with the page.
  await page.locator('h1').click()
  await page.goto('about:blank').catch(() => undefined)
  return asked
}

it('the browser asks before leaving a tab that holds the only copy, and not where nothing is lost', {
  tags: 'long',
}, async () => {
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

it('the screen stays on while a visible tab sends or fetches, and no longer', { tags: 'long' }, async () => {
  writeTree(folder.path, { 'awake.bin': noise(8_000_000, 52) })
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'awake.bin')] })
  await publisher.getByText('Speed limits', { exact: true }).click()
  await publisher.getByLabel('Upload limit', { exact: true }).fill('3')

  // No API lists the locks a page holds.
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
  const locksHeld = () =>
    reader.evaluate(() => (globalThis as unknown as { locksHeld: Set<unknown> }).locksHeld.size)
  await startDownload(reader, link)
  await waitForCounter(reader, 'download-rate', rate => rate > 0)
  await expect.poll(locksHeld, LIMIT).toBe(1)
  await waitForState(reader, 'done', 60_000)
  await expect.poll(locksHeld, LIMIT).toBe(0)
})
