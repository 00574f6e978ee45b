import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { noise, writeTree } from '../content/fixtures.ts'
import { publish, waitForCounter, waitForScripts, waitForState } from './pages.ts'
import type { Stage } from './stage.ts'

/** First, last and six random pieces. */
export const SPOT_CHECK_MAX = 8

/** What tests of publications that go on after a reload do. */
export const onPublications = ({ folder, server }: Stage) => ({
  /** A file of `size` bytes in the test's folder. */
  writeFile(name: string, size: number, seed: number): string {
    writeTree(folder.path, { [name]: noise(size, seed) })
    return join(folder.path, name)
  },

  /** Publish, then reload, so that the tab has lost its files. */
  async publishAndReload(page: Page, chosen: Parameters<typeof publish>[2]): Promise<string> {
    const link = await publish(page, server.url, chosen)
    await page.reload()
    await restorePanel(page, 'needs-files').waitFor()
    return link
  },

  /** Publish what is dropped onto the page, as a file manager drops it: the browser lends those files. */
  async publishDropped(page: Page, path: string): Promise<string> {
    await page.goto(server.url)
    const session = await page.context().newCDPSession(page)
    const data = { items: [], files: [path], dragOperationsMask: 1 }
    // Before its scripts run, the page does not hear of a drop.
    await waitForScripts(page.locator('input[type=file]').first())
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 300, y: 400, data })
    }
    await page.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(page, 'seeding')
    return page.url()
  },
})

export const seeding = (page: Page): Locator => page.locator('[data-share][data-state=seeding]')
export const restorePanel = (page: Page, state: string): Locator => page.locator(`[data-restore=${state}]`)

export const chooseAgain = (page: Page, files: string | string[]): Promise<void> =>
  page.getByLabel('Choose the same files again').and(page.locator('input')).setInputFiles(files)

/** Set a moment after the tab seeds again, when its saved record is on disk. */
export const piecesChecked = (page: Page): Promise<number> =>
  waitForCounter(page, 'pieces-checked', pieces => pieces > 0)
