import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { expectAccessible } from './axe.ts'
import { waitForScripts } from './pages.ts'
import { takePicture } from './pictures.ts'

const LOOKS = [
  ['desktop', { width: 1280, height: 900 }, 'light', 'all'],
  ['desktop', { width: 1280, height: 900 }, 'dark', 'colours'],
  ['phone', { width: 390, height: 844 }, 'light', 'all'],
  ['phone', { width: 390, height: 844 }, 'dark', 'colours'],
] as const

/** The page in view is accessible in both themes and fits in both sizes. */
export async function look(page: Page, view: string): Promise<void> {
  for (const [size, viewport, colorScheme, rules] of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize(viewport)
    await takePicture(page, `${view}-${size}-${colorScheme}`)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width, 'nothing sticks out to the side').toBeLessThanOrEqual(viewport.width)
    await expectAccessible(page, rules)
  }
}

/** Enters an operator's key on `/admin`. */
export async function signIn(page: Page, key: string): Promise<void> {
  const field = page.getByLabel('Operator key')
  await field.fill(key)
  const button = page.getByRole('button', { name: 'Continue' })
  await waitForScripts(button)
  await button.click()
}
