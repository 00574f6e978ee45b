import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const LAUNCHER = join(import.meta.dirname, '../../server/cli/tabseed.js')
const PROGRESS_LIMIT_MS = 30_000

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
  readonly ended: Promise<Ended>
  /** Resolves when `--json` has told that so many bytes of a step are done. */
  reached(bytes: number): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/** `tabseed` with `args` in `cwd`, with nothing of our own environment's settings. */
export function startCli(cwd: string, ...args: string[]): Cli {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^TABSEED_/.test(name)))
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd,
    env: env as NodeJS.ProcessEnv,
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
    ended,
    reached: async bytes => {
      await until('progress', () => (progressed() >= bytes ? true : undefined))
    },
    kill: signal => child.kill(signal),
  }
}

export const runCli = (cwd: string, ...args: string[]): Promise<Ended> => startCli(cwd, ...args).ended
