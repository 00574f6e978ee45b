import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../server/free-port.ts'

const START_LIMIT_MS = 10_000

/** Redis of a test's own, on loopback, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string
  /** Ends it at once, with what it holds. Resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again, empty, at the same address; resolves when it answers. */
  start(): Promise<void>
  /** The process answers no more until `resume`, as one that hangs. */
  pause(): void
  resume(): void
  /** CPU seconds that it used so far. */
  cpuSeconds(): Promise<number>
  /** The answer to an inline command, as it comes. */
  ask(command: string): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  let running: ChildProcess | null = null

  const ask = async (command: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      let text = ''
      socket.on('data', data => {
        text += data
      })
      socket.write(`${command}\r\nQUIT\r\n`)
      await once(socket, 'close')
      return text
    } finally {
      socket.destroy()
    }
  }
  const kill = async () => {
    const ending = running
    running = null
    if (ending === null) return
    const gone = once(ending, 'exit')
    ending.kill('SIGKILL')
    await gone
  }
  const start = async () => {
    running = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    )
    const limit = performance.now() + START_LIMIT_MS
    while (!(await ask('PING').catch(() => '')).includes('PONG')) {
      if (performance.now() > limit)
        throw new Error('redis-server does not answer: apt-get install redis-server')
      await delay(20)
    }
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    pause: () => void running?.kill('SIGSTOP'),
    resume: () => void running?.kill('SIGCONT'),
    cpuSeconds: async () => {
      const info = await ask('INFO cpu')
      const used = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? Number.NaN)
      return used('used_cpu_user') + used('used_cpu_sys')
    },
    ask,
    [Symbol.asyncDispose]: kill,
  }
}
