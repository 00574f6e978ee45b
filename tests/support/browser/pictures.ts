import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** With `TEST_PICTURES=1` tests leave pictures of what they see there, for people: no test reads them. */
const FOLDER = process.env['TEST_PICTURES'] === '1' ? join(import.meta.dirname, '../..', 'screenshots') : null

/** A picture of the whole page, where pictures are wanted. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (FOLDER === null) return
  mkdirSync(FOLDER, { recursive: true })
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true })
}
