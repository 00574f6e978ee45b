import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { LOCALE_NAMES, LOCALES } from '../../../lib/i18n/locales.ts'
import { watchHealth } from '../../support/browser/chromium.ts'
import { waitForScripts } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'

const { person, server } = setStage()
const PAGES = ['/', '/library', '/heal', '/receive', '/doctor', '/status'] as const

/** Nothing sticks out to the side on a phone. */
async function expectToFit(page: Page, what: string): Promise<void> {
  const { client, scroll } = await page.evaluate(() => ({
    client: document.documentElement.clientWidth,
    scroll: document.documentElement.scrollWidth,
  }))
  expect(scroll, what).toBeLessThanOrEqual(client)
}

/** Pseudo-localisation: every text of the page with other letters and almost half as long again, as a wordy language would have it. */
const pseudoLocalise = (page: Page) =>
  page.evaluate(() => {
    const LETTERS: Record<string, string> = { a: 'á', e: 'é', i: 'í', o: 'ø', u: 'ü', c: 'ç', n: 'ñ', s: 'š' }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const node = texts.currentNode as Text
      if (node.parentElement?.closest('script, style, option') || !/[a-z]/i.test(node.data)) continue
      const words = node.data
        .split(' ')
        .map((word, index) => (index % 2 === 0 ? `${word}${word.slice(0, 4)}` : word))
      node.data = words.join(' ').replace(/[aeioucns]/g, (letter: string) => LETTERS[letter] ?? letter)
    }
  })

describe('languages', () => {
  it('each is offered under its own name; its pages say so, run its way, fit on a phone and complain of nothing', {
    tags: 'long',
  }, async () => {
    const page = await person()
    const complaints = watchHealth(page.context(), server.url)
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(server.url)
    const choice = page.locator('header select')
    await waitForScripts(choice)
    expect(await choice.locator('option').allTextContents()).toEqual(Object.values(LOCALE_NAMES))
    const headlines = new Set<string>()
    for (const locale of LOCALES) {
      await choice.selectOption(LOCALE_NAMES[locale])
      await page.locator(`html[lang=${locale}][dir=${locale === 'ar' ? 'rtl' : 'ltr'}]`).waitFor()
      for (const path of PAGES) {
        await page.goto(`${server.url}${path}`)
        await waitForScripts(choice)
        if (path === '/') headlines.add((await page.locator('h1').textContent()) ?? '')
        await expectToFit(page, `${locale} ${path}`)
      }
    }
    expect(headlines.size, 'each has words of its own').toBe(LOCALES.length)
    expect(complaints).toEqual([])
  })

  it('texts that are almost half as long again fit on a phone', async () => {
    const page = await person()
    await page.setViewportSize({ width: 360, height: 740 })
    for (const path of PAGES) {
      await page.goto(`${server.url}${path}`)
      await waitForScripts(page.locator('header select'))
      await pseudoLocalise(page)
      await expectToFit(page, path)
    }
  })
})
