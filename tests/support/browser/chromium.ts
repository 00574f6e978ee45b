import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const CANDIDATES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** The first Chromium found on this machine, or null. */
export function chromiumPath(): string | null {
  return CANDIDATES.find(path => path !== undefined && existsSync(path)) ?? null
}

/** Nothing of the browser's own may go out; tabs of two contexts find each other by plain host candidates. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

/** A headless Chromium with a profile of its own. */
export async function launchChromium(extraFlags: readonly string[] = []): Promise<Browser> {
  return chromium.launch(launchOptions(extraFlags))
}

/**
 * A headless Chromium with its profile in `folder`, found there again by the next one. Unlike the contexts of
 * `launchChromium`, which are private windows, it keeps what pages store on disk.
 */
export async function launchProfile(
  folder: string,
  extraFlags: readonly string[] = [],
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { ...launchOptions(extraFlags), acceptDownloads: true })
}

/** A headless Chromium that opens `url` and that nobody watches: no debugger takes its time. Its profile is in `folder`. */
export function spawnChromium(folder: string, url: string): { close(): Promise<void> } {
  const { args, executablePath } = launchOptions([`--user-data-dir=${folder}`, '--headless', url])
  const child = spawn(executablePath, args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  return {
    close: async () => {
      child.kill()
      await ended
    },
  }
}

function launchOptions(extraFlags: readonly string[]) {
  const executablePath = chromiumPath()
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
