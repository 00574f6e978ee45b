import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Rules whose result depends on colours, and so on the theme. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/**
 * Axe for what `page` shows. Without frames of other origins, which pages of ours do not have, it needs no second page that
 * puts the results together: that costs half of the time.
 */
const axeFor = (page: Page): AxeBuilder => new AxeBuilder({ page }).setLegacyMode(page.frames().length === 1)

/** Expects that axe finds no fault: in anything, or, on a page seen whole before, in the colours of another theme. */
export async function expectAccessible(page: Page, rules: 'all' | 'colours' = 'all'): Promise<void> {
  const axe = axeFor(page)
  const { violations } = await (rules === 'all' ? axe : axe.withRules(COLOUR_RULES)).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}
