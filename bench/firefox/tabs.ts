import { join } from 'node:path'
import { launchProfile } from '../../tests/support/browser/chromium.ts'
import { launchFirefox } from '../../tests/support/browser/firefox.ts'
import type { ScriptedPage } from '../lines/bare.ts'

/** One tab of a browser of its own. */
export interface Tab extends ScriptedPage {
  open(url: string): Promise<void>
  /** Chooses `path` in the page's field for files. */
  choose(path: string): Promise<void>
  close(): Promise<void>
}

export type BrowserName = 'chromium' | 'firefox'

const FILES = 'input[type=file]:not([webkitdirectory])'
const PATIENCE_MS = 60_000

/**
 * A tab of `name`, whose profile is in `folder`: in a private window a browser keeps what is stored in its memory. `script` runs
 * in every page before those of the page.
 */
export const openTab = (name: BrowserName, folder: string, script: () => void): Promise<Tab> =>
  name === 'chromium' ? chromiumTab(folder, script) : firefoxTab(folder, script)

async function chromiumTab(folder: string, script: () => void): Promise<Tab> {
  const browser = await launchProfile(folder)
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  await page.addInitScript(script)
  return {
    open: async url => {
      await page.goto(url)
    },
    choose: path => page.setInputFiles(FILES, path),
    evaluate: page.evaluate.bind(page) as Tab['evaluate'],
    close: () => browser.close(),
  }
}

async function firefoxTab(folder: string, script: () => void): Promise<Tab> {
  const browser = await launchFirefox({ profile: folder, downloads: join(folder, 'saved') })
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  await page.evaluateOnNewDocument(script)
  return {
    open: async url => {
      await page.goto(url)
    },
    choose: async path => {
      const input = await page.waitForSelector(FILES)
      await input?.uploadFile(path)
    },
    evaluate: page.evaluate.bind(page) as Tab['evaluate'],
    close: () => browser.close(),
  }
}
