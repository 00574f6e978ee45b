import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buildIfStale } from '../../../server/pages/build.ts'
import { tempFolder } from '../content/fixtures.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** A first page in development compiles for a while on two shared cores. */
const START_LIMIT_MS = 60_000

/** Node's flags of `npm start`. */
const NPM_START_FLAGS = /node ((?:--\S+ )*)server\/main\.ts/
  .exec(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts.start)?.[1]
  ?.trim()
  .split(' ')

/** Shares of tests are open unless a test is about encrypted ones: other clients read them, and other tests their names. */
const FOR_EVERYONE: Record<string, string> = { TABSEED_AUDIENCE: 'everyone' }

export type ServerProcess = ChildProcessByStdio<null, Readable, Readable>

/** A Tabseed server, in this process or in one of its own. */
export interface RunningServer {
  /** Origin to open, without a slash at the end. */
  readonly url: string
  /** Its tracker's WebSocket address. */
  readonly announceUrl: string
  readonly dataDirectory: string
  /** What it has logged until now. */
  readonly log: () => string
  [Symbol.asyncDispose](): Promise<void>
}

/** A Tabseed server in a process of its own, on a free port, with a data directory that goes with it. */
export interface TestServer extends RunningServer {
  readonly process: ServerProcess
  /** Send a signal and wait for the end; returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Run `server/main.ts` as `npm start` does, with `args` and nothing of our own environment's settings. */
export function spawnServer(args: readonly string[], env: Record<string, string> = {}): ServerProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TABSEED_|NODE_ENV$|VITEST)/.test(name))
  return spawn(process.execPath, [...(NPM_START_FLAGS ?? []), 'server/main.ts', ...args], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...FOR_EVERYONE, ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Start a server on the production build (made first when it is stale) or, with `--dev` in `args`, from source. */
export async function startServer(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<TestServer> {
  if (!args.includes('--dev')) buildIfStale()
  const folder = tempFolder()
  const dataDirectory = join(folder.path, 'data')
  const child = spawnServer(['--port', '0', '--data', dataDirectory, ...args], env)
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const exited = once(child, 'exit')
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    await exited
    return child.exitCode
  }
  try {
    const url = await readUrl(child)
    return {
      url,
      announceUrl: `${url.replace(/^http/, 'ws')}/announce`,
      dataDirectory,
      process: child,
      log: () => stderr,
      stop,
      [Symbol.asyncDispose]: async () => {
        await stop('SIGKILL')
        folder[Symbol.dispose]()
      },
    }
  } catch (error) {
    await stop('SIGKILL')
    folder[Symbol.dispose]()
    throw new Error(`the server did not start: ${stderr}`, { cause: error })
  }
}

/** The address in the line that says where the server is. */
function readUrl(child: ServerProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    const limit = setTimeout(() => reject(new Error('no URL line in time')), START_LIMIT_MS)
    child.stdout.on('data', chunk => {
      stdout += chunk
      const url = /^Tabseed is at (\S+)$/m.exec(stdout)?.[1]
      if (url === undefined) return
      clearTimeout(limit)
      resolve(url)
    })
    child.once('exit', code => {
      clearTimeout(limit)
      reject(new Error(`exit code ${code}`))
    })
  })
}
