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

interface FirefoxOptions {
  /** Keeps the profile there, found again by the next one; without it, it goes with the browser. */
  readonly profile?: string
  /** Where it puts what pages save. */
  readonly downloads?: string
}

/** A headless Firefox, driven over WebDriver BiDi. */
export async function launchFirefox({ downloads, profile }: FirefoxOptions = {}): Promise<Browser> {
  const executablePath = firefoxPath()
  if (executablePath === null) throw new Error('no Firefox: run scripts/install-test-tools.ts')
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    ...(profile === undefined ? {} : { userDataDir: profile }),
    extraPrefsFirefox: {
      // Browsers on one machine find each other by plain host candidates.
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.peerconnection.ice.loopback': true,
      'browser.download.folderList': 2,
      'browser.download.useDownloadDir': true,
      'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream',
      ...(downloads === undefined ? {} : { 'browser.download.dir': downloads }),
    },
  })
}
