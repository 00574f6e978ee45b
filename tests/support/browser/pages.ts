import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'

/** Longest any single step of a test may take, in milliseconds. */
const STEP_LIMIT_MS = 30_000

type PersonOptions = Readonly<
  Pick<
    BrowserContextOptions,
    | 'locale'
    | 'javaScriptEnabled'
    | 'serviceWorkers'
    | 'permissions'
    | 'viewport'
    | 'isMobile'
    | 'hasTouch'
    | 'colorScheme'
  >
>

/** What makes a person's browser one of a phone. */
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const

/** A person: a page in a browser context of their own. */
export async function newPerson(browser: Browser, options: PersonOptions = {}): Promise<Page> {
  const context = await browser.newContext({ acceptDownloads: true, locale: 'en-GB', ...options })
  context.setDefaultTimeout(STEP_LIMIT_MS)
  return context.newPage()
}

export const closePerson = (page: Page): Promise<void> => page.context().close()

/** The element that shows the share of this page. */
export const shareOf = (page: Page): Locator => page.locator('[data-share]').first()

/** Resolves when the share of this page is in `state`. */
export async function waitForState(page: Page, state: string, limitMs = STEP_LIMIT_MS): Promise<void> {
  await page.locator(`[data-share][data-state=${state}]`).first().waitFor({ timeout: limitMs })
}

/** A counter of the share of this page, `name` in kebab case: `uploaded`, `upload-rate`, `peers` … */
export async function counter(page: Page, name: string): Promise<number> {
  return Number(await shareOf(page).getAttribute(`data-${name}`))
}

/** Resolves when a counter of the share satisfies `accept`. */
export async function waitForCounter(
  page: Page,
  name: string,
  accept: (value: number) => boolean,
): Promise<number> {
  const deadline = Date.now() + STEP_LIMIT_MS
  for (;;) {
    const value = await counter(page, name)
    if (accept(value)) return value
    if (Date.now() > deadline) throw new Error(`data-${name} stayed at ${value}`)
    await page.waitForFunction(
      ([attribute, old]) => document.querySelector('[data-share]')?.getAttribute(attribute) !== old,
      [`data-${name}`, String(value)] as const,
    )
  }
}

/** Choose files (or one folder) on the publish page and publish them; resolves with the link when seeding. */
export async function publish(
  page: Page,
  origin: string,
  chosen: { readonly files: string[] } | { readonly folder: string },
): Promise<string> {
  await page.goto(origin)
  if ('files' in chosen) await page.locator('input[type=file]').first().setInputFiles(chosen.files)
  else await page.locator('input[type=file][webkitdirectory]').first().setInputFiles(chosen.folder)
  await page.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(page, 'seeding', 2 * STEP_LIMIT_MS)
  return page.url()
}

/** Resolves when React hears events of this element: a click before that is lost. */
export async function waitForScripts(element: Locator): Promise<void> {
  await element.evaluate(
    node =>
      new Promise<void>(resolve => {
        const look = () => {
          if (Object.keys(node).some(key => key.startsWith('__reactProps'))) resolve()
          else setTimeout(look, 20)
        }
        look()
      }),
  )
}

/** Open the panel called `title`, in the fold "More" of a reader's page or beside others on a publisher's. */
export async function openPanel(page: Page, title: string): Promise<void> {
  const panel = page.locator('summary', { hasText: title }).first()
  const more = page.locator('details:has([data-more])')
  await panel.or(more).first().waitFor()
  if ((await more.count()) > 0 && !(await more.evaluate((fold: HTMLDetailsElement) => fold.open))) {
    await waitForScripts(more.locator('> summary'))
    await more.locator('> summary').click()
  }
  await panel.click()
}

/** Open the link and press the download button. */
export async function startDownload(page: Page, link: string): Promise<void> {
  await page.goto(link)
  const button = page.getByRole('button', { name: /Download/ }).first()
  await waitForScripts(button)
  await button.click()
}

/** From the next page on, all shares of this browser together upload at most `rate` bytes a second. */
export async function limitUploads(page: Page, rate: number): Promise<void> {
  await page.addInitScript(upload => localStorage.setItem('tabseed-limits', JSON.stringify({ upload })), rate)
}

/** Info hashes of the shares that this browser keeps bytes of on disk. */
export function storedShares(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const shares = await root.getDirectoryHandle('shares', { create: true })
    const names: string[] = []
    for await (const name of shares.keys()) names.push(name)
    return names
  })
}

/** Press the button called `name` and keep what the browser saves in `folder`; resolves with its path. */
export async function save(page: Page, name: RegExp, folder: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).first().click(),
  ])
  const path = join(folder, download.suggestedFilename())
  await download.saveAs(path)
  return path
}

/** Enters an operator's key on `/admin`. */
export async function signIn(page: Page, key: string): Promise<void> {
  const field = page.getByLabel('Operator key')
  await field.fill(key)
  const button = page.getByRole('button', { name: 'Continue' })
  await waitForScripts(button)
  await button.click()
}
