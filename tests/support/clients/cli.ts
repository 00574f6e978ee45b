import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noise, writeTree } from '../content/fixtures.ts'

export const LAUNCHER = join(import.meta.dirname, '../../../server/cli/tabseed.js')
const PROGRESS_LIMIT_MS = 30_000
/** Owner keys of the tests, apart from those of whoever runs them. */
const STATE = join(tmpdir(), `tabseed-test-state-${process.pid}`)

interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `tabseed`. */
interface Cli {
  /** Resolves with the first group of `pattern` once stdout has it. */
  says(pattern: RegExp): Promise<string>
  /** The same of stderr, where logs go. */
  logs(pattern: RegExp): Promise<string>
  readonly ended: Promise<Ended>
  /** Resolves when `--json` has told that so many bytes of a step are done. */
  reached(bytes: number): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/** `tabseed` with `args` in `cwd`, with nothing of our own environment's settings. */
export const startCli = (cwd: string, ...args: string[]): Cli =>
  startCommand(cwd, [process.execPath, LAUNCHER, ...args])

export const runCli = (cwd: string, ...args: string[]): Promise<Ended> => startCli(cwd, ...args).ended

/** `tabseed` as `command` starts it, another Node.js or npx. */
export function startCommand(
  cwd: string,
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Cli {
  // npm's own variables would tell npx which project it is in.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TABSEED_|npm_|INIT_CWD$|\w+_proxy$)/i.test(name),
  )
  const child = spawn(command, args, {
    cwd,
    env: { ...(Object.fromEntries(inherited) as NodeJS.ProcessEnv), XDG_STATE_HOME: STATE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', chunk => {
      said[stream] += chunk
    })
  }
  const ended = once(child, 'close').then(([code]): Ended => ({ code, ...said }))

  /** Looks at all that was said, now and whenever more is. */
  const until = <Found>(what: string, find: () => Found | undefined): Promise<Found> =>
    new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`no ${what}; ${said.stderr.slice(-2000)}`))
      const limit = setTimeout(fail, PROGRESS_LIMIT_MS)
      const look = () => {
        const found = find()
        if (found === undefined) return
        clearTimeout(limit)
        resolve(found)
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      ended.then(fail)
      look()
    })

  const progressed = () =>
    [...said.stderr.matchAll(/"done":(\d+)/g)].map(match => Number(match[1])).at(-1) ?? 0
  return {
    says: pattern => until(String(pattern), () => pattern.exec(said.stdout)?.[1]),
    logs: pattern => until(String(pattern), () => pattern.exec(said.stderr)?.[1]),
    ended,
    reached: async bytes => {
      await until('progress', () => (progressed() >= bytes ? true : undefined))
    },
    kill: signal => child.kill(signal),
  }
}

/** A folder `set` with all that makes order and names hard, a file `one.bin`, and links. */
export function writeSet(folder: string): void {
  writeTree(folder, {
    'set/b.bin': noise(700_001, 1),
    'set/a.txt': 'a',
    'set/B': 'capital',
    'set/empty': '',
    'set/.hidden': 'dot',
    'set/a/inside.bin': noise(300_000, 2),
    'set/a-b': 'between a and a/',
    'set/deep/er/ünïcode – 😀 \uffff.bin': noise(70_000, 3),
    'one.bin': noise(1_000_003, 4),
  })
  symlinkSync('a', join(folder, 'set/linked'))
  symlinkSync('../one.bin', join(folder, 'set/one-again'))
}

/** A file that takes long to hash and no room on the disk: seconds for 2 GiB. */
export function writeHuge(path: string, bytes = 2 * 1024 ** 3): void {
  writeFileSync(path, '')
  truncateSync(path, bytes)
}
