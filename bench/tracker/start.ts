import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Usage } from './server.ts'

/** Node's flags of `npm start`. */
const NPM_START_FLAGS = ['--max-semi-space-size=4']

export type Contender = 'tabseed' | 'stock'

/** Starts a tracker in a process of its own, with `redis` as the node `name`; `ask` returns its usage. */
export async function startTracker(contender: Contender, redis?: string, name = 'node') {
  const args = redis === undefined ? [contender] : [contender, redis, name]
  const child = fork(join(import.meta.dirname, 'server.ts'), args, {
    execArgv: ['--expose-gc', ...(contender === 'tabseed' ? NPM_START_FLAGS : [])],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const ask = async (what: 'cpu' | 'memory'): Promise<Usage> => {
    child.send(what)
    const [usage] = await once(child, 'message')
    return usage as Usage
  }
  return { url: `ws://127.0.0.1:${port}/announce`, ask, stop: () => child.kill() }
}
