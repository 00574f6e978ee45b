import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { freePort } from '../server/free-port.ts'
import { WebDriver } from './web-driver.ts'
import { WebKitPage } from './webkit-page.ts'

const DRIVER = 'WebKitWebDriver'
/** Debian's own: other Pythons do not find its modules. */
const PYTHON = '/usr/bin/python3'
const HOST = join(import.meta.dirname, 'host.py')

/** What leaving a page makes of a script or a part of a page that is still on its way. */
const CUT =
  /ERROR (?:Unhandled Promise Rejection: )?(?:NetworkError|TypeError): Load failed|Fetch API cannot load \S+ due to access control checks/

const START_LIMIT_MS = 30_000
const CLOSE_LIMIT_MS = 5_000

/** What Safari has on for files of a page, and Debian's WebKit off. */
const FILE_FEATURES = [
  'FileSystem',
  'AccessHandle',
  'FileSystemWritableStream',
  'StorageAPI',
  'StorageAPIEstimate',
] as const

/**
 * How a page finds no disk. `none`: WebKit as Debian has it. `refused`: it has private files, which cannot be written. `private`: a
 * private window, which has them and refuses to open them, as Safari's.
 */
export const DISKS = ['none', 'refused', 'private'] as const
export type Disk = (typeof DISKS)[number]

interface WebKitOptions {
  /** Its profile, its log and what it saves. */
  readonly folder: string
  readonly disk: Disk
}

/** One window of WebKit. */
export interface WebKit {
  readonly page: WebKitPage
  /** Where it puts what pages save; a file is there when it is whole. */
  readonly saved: string
  /** Errors in the console of every page, in the order in which they came. */
  complaints(): readonly string[]
  close(): Promise<void>
}

/** Whether Python finds this library of Debian. */
export function hasPythonLibrary(statement: string): boolean {
  return spawnSync(PYTHON, ['-c', statement], { stdio: 'ignore' }).status === 0
}

/** A window of WebKit on a display of its own, driven over W3C WebDriver. */
export async function launchWebKit({ disk, folder }: WebKitOptions): Promise<WebKit> {
  const saved = join(folder, 'saved')
  for (const path of [folder, saved, join(folder, 'profile')]) mkdirSync(path, { recursive: true })
  const ends = new AsyncDisposableStack()
  try {
    const display = await startDisplay(ends)
    const port = await freePort()
    // Lines of the console at once, also of the processes that render: `stdbuf` is inherited. With a group of its own all of them end.
    const driver = spawn('stdbuf', ['-oL', DRIVER, `--port=${port}`], {
      stdio: 'ignore',
      detached: true,
      env: {
        ...process.env,
        HOME: folder,
        LANG: 'en_GB.UTF-8',
        DISPLAY: display,
        GDK_BACKEND: 'x11',
        NO_AT_BRIDGE: '1',
        WEBKIT_FOLDER: folder,
        WEBKIT_WINDOW: disk === 'private' ? 'private' : 'ordinary',
        WEBKIT_FEATURES: disk === 'none' ? '' : FILE_FEATURES.join(' '),
      },
    })
    ends.defer(() => endGroup(driver))
    const session = await WebDriver.open(
      `http://127.0.0.1:${port}`,
      { 'webkitgtk:browserOptions': { binary: PYTHON, args: [HOST] } },
      START_LIMIT_MS,
    )
    ends.defer(() => session.close(CLOSE_LIMIT_MS))
    return {
      page: new WebKitPage(session),
      saved,
      complaints: () =>
        readFileSync(join(folder, 'log'), 'utf8')
          .split('\n')
          .filter(line => /CONSOLE (?:\w+ )*ERROR/.test(line) && !CUT.test(line)),
      close: () => ends.disposeAsync(),
    }
  } catch (reason) {
    await ends.disposeAsync()
    throw reason
  }
}

/** An X server without a screen, on a number that it chooses. */
async function startDisplay(ends: AsyncDisposableStack): Promise<string> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  })
  ends.defer(() => endGroup(server))
  const signal = AbortSignal.timeout(START_LIMIT_MS)
  const [number] = await once(server.stdio[3] as Readable, 'data', { signal })
  return `:${String(number).trim()}`
}

/** Ends a process with all that it started. */
async function endGroup(leader: ChildProcess): Promise<void> {
  if (leader.pid === undefined) return
  const ended = leader.exitCode === null && leader.signalCode === null ? once(leader, 'exit') : null
  try {
    process.kill(-leader.pid, 'SIGKILL')
  } catch {
    // All of them have ended.
  }
  await ended
}
