import { existsSync } from 'node:fs'
import puppeteer, { type Browser } from 'puppeteer-core'

const CANDIDATES = [
  process.env['FIREFOX_PATH'],
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]

/** The first Firefox found on this machine, or null. */
export function firefoxPath(): string | null {
  return CANDIDATES.find(path => path !== undefined && existsSync(path)) ?? null
}

/** A headless Firefox with a profile of its own, driven over WebDriver BiDi. */
export async function launchFirefox(): Promise<Browser> {
  const executablePath = firefoxPath()
  if (executablePath === null) throw new Error('no Firefox: run scripts/install-test-tools.ts')
  return puppeteer.launch({ browser: 'firefox', executablePath, headless: true })
}
