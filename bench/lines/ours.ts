import type { Page } from 'playwright-core'
import { waitForScripts } from '../../tests/support/browser/pages.ts'
import type { Measured } from './measured.ts'

interface Download extends Measured {
  /** Milliseconds of the page's clock. */
  readonly clickedAt: number
}

/**
 * From the click on Download, half a second after the page has loaded all it wants, to the last byte verified and stored, told
 * from the page; or to what there is after `limitMs`.
 */
export async function measureDownload(page: Page, link: string, limitMs: number): Promise<Download> {
  await page.goto(link, { waitUntil: 'networkidle' })
  await waitForScripts(page.getByRole('button', { name: /Download/ }).first())
  return page.evaluate(clickDownload, limitMs)
}

/** In the page of a share: the part of `measureDownload` from the click on. */
export async function clickDownload(limitMs: number): Promise<Download> {
  // The time limit is looked at as often; changes of the page are seen at once.
  const lookMs = 100
  const share = document.querySelector<HTMLElement>('[data-share]')
  const button = [...document.querySelectorAll('button')].find(b => b.textContent.includes('Download'))
  const start = performance.now()
  let first = 0
  let bytes = 0
  await new Promise<void>(resolve => {
    const timer = setInterval(() => look(), lookMs)
    const look = () => {
      bytes = Number(share?.dataset['downloaded'] ?? 0)
      if (bytes > 0) first ||= performance.now() - start
      if (share?.dataset['state'] !== 'done' && performance.now() - start < limitMs) return
      clearInterval(timer)
      resolve()
    }
    if (share) new MutationObserver(look).observe(share, { attributes: true })
    button?.click()
  })
  return {
    bytes,
    seconds: (performance.now() - start) / 1000,
    firstBytes: first / 1000,
    clickedAt: start,
  }
}
