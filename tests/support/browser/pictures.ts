import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { expectAccessible } from './axe.ts'

/** With `TEST_PICTURES=1` tests leave pictures of what they see there, for people: no test reads them. */
const FOLDER = process.env['TEST_PICTURES'] === '1' ? join(import.meta.dirname, '../..', 'screenshots') : null

/** A picture of the whole page, where pictures are wanted. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (FOLDER === null) return
  mkdirSync(FOLDER, { recursive: true })
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true })
}

/** A window and a theme, and what axe looks for in them. */
type Look = readonly [
  size: string,
  viewport: { readonly width: number; readonly height: number },
  colorScheme: 'light' | 'dark',
  rules: 'all' | 'colours',
]

const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844 }

/** Each theme in each size. */
const ALL_LOOKS: readonly Look[] = [
  ['desktop', DESKTOP, 'light', 'all'],
  ['desktop', DESKTOP, 'dark', 'colours'],
  ['phone', PHONE, 'light', 'all'],
  ['phone', PHONE, 'dark', 'colours'],
]

/** In each theme one size: the layout does not depend on the theme. */
export const TWO_LOOKS: readonly Look[] = [
  ['desktop', DESKTOP, 'light', 'all'],
  ['phone', PHONE, 'dark', 'colours'],
]

/** The page in view is accessible in both themes and fits in both sizes; pictures of it are called `view`. */
export async function look(page: Page, view: string, looks: readonly Look[] = ALL_LOOKS): Promise<void> {
  for (const [size, viewport, colorScheme, rules] of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize(viewport)
    await takePicture(page, `${view}-${size}-${colorScheme}`)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width, 'nothing sticks out to the side').toBeLessThanOrEqual(viewport.width)
    await expectAccessible(page, rules)
  }
}
