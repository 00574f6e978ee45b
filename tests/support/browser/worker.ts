import type { Browser } from 'playwright-core'
import { inject } from 'vitest'
import { launchChromium } from './chromium.ts'
import type { ServerAddress } from './worker-servers.ts'

/** The server of this worker: for tests that need no flags, do not stop it, and ignore shares of other tests. */
export function workerServer(): ServerAddress {
  const server = inject('servers')[Number(process.env['VITEST_POOL_ID']) - 1]
  if (!server) throw new TypeError('no server for this worker')
  return server
}

let browser: Promise<Browser> | undefined

/**
 * The Chromium of this worker, for tests that need no flags and open contexts of their own. A project without isolation
 * keeps it for all files of a worker; it ends with the worker, whose pipe it reads.
 */
export async function workerBrowser(): Promise<Browser> {
  const running = await browser?.catch(() => undefined)
  if (running?.isConnected()) return running
  browser = launchChromium()
  return browser
}
