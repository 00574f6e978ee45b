import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const CHOSEN = process.env['CHROMIUM_PATH']
const BROWSERS = [
  CHOSEN,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const SHELLS = [CHOSEN, '/usr/bin/chromium-headless-shell']

const firstFound = (paths: readonly (string | undefined)[]): string | null =>
  paths.find(path => path !== undefined && existsSync(path)) ?? null

/** The first Chromium found on this machine, or null. */
export const chromiumPath = (): string | null => firstFound(BROWSERS)

/**
 * Chromium's engine without a browser around it (Debian: chromium-headless-shell), or else `chromiumPath`. The same build
 * renders the same pages in two thirds of the CPU time; a profile on disk, an address bar, installing and asking people
 * are not in it.
 */
export const shellPath = (): string | null => firstFound(SHELLS) ?? chromiumPath()

/**
 * Features by which Chromium loads pages of its own behind the address bar of every window. Off, a context costs 0.4
 * instead of 1.2 CPU seconds (Chromium 156).
 */
export const ADDRESS_BAR_PAGES = 'WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup'

/** Nothing of the browser's own may go out; tabs of two contexts find each other by plain host candidates. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=WebRtcHideLocalIpsWithMdns,${ADDRESS_BAR_PAGES}`,
]

/** A headless Chromium for private contexts: the shell where there is one. */
export async function launchChromium(extraFlags: readonly string[] = []): Promise<Browser> {
  return chromium.launch(launchOptions(shellPath(), extraFlags))
}

/** A headless Chromium for private contexts with all of the browser around it. */
export async function launchWholeChromium(extraFlags: readonly string[] = []): Promise<Browser> {
  return chromium.launch(launchOptions(chromiumPath(), extraFlags))
}

/**
 * A headless Chromium with its profile in `folder`, found there again by the next one. Unlike the contexts of
 * `launchChromium`, which are private windows, it keeps what pages store on disk.
 */
export async function launchProfile(
  folder: string,
  extraFlags: readonly string[] = [],
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    ...launchOptions(chromiumPath(), extraFlags),
    acceptDownloads: true,
  })
}

/** A headless Chromium that opens `url` with no debugger attached, for measurements. Its profile is in `folder`. */
export function spawnChromium(folder: string, url: string): { close(): Promise<void> } {
  const { args, executablePath } = launchOptions(chromiumPath(), [
    `--user-data-dir=${folder}`,
    '--headless',
    url,
  ])
  const child = spawn(executablePath, args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  return {
    close: async () => {
      child.kill()
      await ended
    },
  }
}

function launchOptions(executablePath: string | null, extraFlags: readonly string[]) {
  if (executablePath === null) throw new Error('no Chromium: run scripts/install-test-tools.ts')
  return { executablePath, headless: true, args: [...FLAGS, ...extraFlags] }
}

/** Console errors, page errors and requests that leave the server's origin: a healthy page has none. */
export function watchHealth(context: BrowserContext, origin: string): readonly string[] {
  const complaints: string[] = []
  const watch = (page: Page) => {
    page.on('pageerror', error => complaints.push(`page error: ${error.message}`))
    page.on('console', message => {
      if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
    })
    page.on('request', request => {
      const url = request.url()
      if (!url.startsWith(origin) && /^(https?|wss?):/.test(url)) complaints.push(`left the origin: ${url}`)
    })
  }
  context.pages().forEach(watch)
  context.on('page', watch)
  return complaints
}
