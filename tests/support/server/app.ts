import { join } from 'node:path'
import { type App, createApp } from '../../../server/app.ts'
import { createLog } from '../../../server/base/log.ts'
import { readConfig } from '../../../server/config/config.ts'
import type { AppOptions } from '../../../server/wiring/app-parts.ts'
import { tempFolder } from '../content/fixtures.ts'
import type { RunningServer } from './test-server.ts'

/** Requests that a test left open are cut soon after it. */
const DRAIN_LIMIT_MS = 100
/** A test that is busy for seconds finds the connections of its `fetch` as it left them. */
const KEEP_ALIVE_MS = 60_000

/** A Tabseed server in this process, without pages, on a free port, with a data directory that goes with it. */
export interface TestApp extends RunningServer {
  readonly services: App['services']
  /** Ends it; its data stays until the dispose. */
  stop(): Promise<void>
}

/** Starts a server with the settings of `env` (`TABSEED_…`). For what needs pages or a process, see `startServer`. */
export async function startApp(
  env: Readonly<Record<string, string>> = {},
  options: AppOptions = {},
): Promise<TestApp> {
  const folder = tempFolder()
  const dataDirectory = env['TABSEED_DATA'] ?? join(folder.path, 'data')
  const config = readConfig([], {
    NODE_ENV: 'test',
    TABSEED_PORT: '0',
    ...env,
    TABSEED_DATA: dataDirectory,
  })
  if (config === 'help') throw new TypeError('no --help was given')
  let lines = ''
  const log = createLog(config.logLevel, line => {
    lines += line
  })
  const app = createApp(config, {
    log,
    pages: 'none',
    drainLimitMs: DRAIN_LIMIT_MS,
    keepAliveMs: KEEP_ALIVE_MS,
    ...options,
  })
  const dispose = async () => {
    await app.stop()
    folder[Symbol.dispose]()
  }
  try {
    await app.start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    url: app.url,
    announceUrl: `${app.url.replace(/^http/, 'ws')}/announce`,
    dataDirectory,
    services: app.services,
    log: () => lines,
    stop: () => app.stop(),
    [Symbol.asyncDispose]: dispose,
  }
}
