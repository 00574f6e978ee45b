import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'

const ROOT = '/usr/lib/postgresql'
/** Who runs it where the tests are root, whom PostgreSQL refuses: `nobody` of Debian. */
const NOBODY = 65_534

/** Folder of Debian's newest PostgreSQL; null: there is none. */
function postgresFolder(): string | null {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).filter(name => /^\d+$/.test(name)) : []
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0]
  return newest === undefined ? null : join(ROOT, newest, 'bin')
}

/** A PostgreSQL server of the test's own, on loopback, with data that goes with it. */
export interface TestPostgres {
  readonly port: number
  /** URL of a new, empty database. */
  create(): Promise<string>
  /** As a crash of its machine's power would: no process of it is asked. Resolves when the server is gone. */
  kill(): Promise<void>
  /** Stops in order; connections are cut. */
  stop(): Promise<void>
  /** Starts it again with its data; resolves when it answers. */
  start(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startPostgres(): Promise<TestPostgres> {
  const bin = postgresFolder()
  if (bin === null) throw new Error('PostgreSQL is missing: apt-get install postgresql')
  const isRoot = process.getuid?.() === 0
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const folder = mkdtempSync(join(tmpdir(), 'tabseed-pg-'))
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  // A machine that crashes is not simulated: without waiting for the disk a cluster is made in a second.
  execFileSync(
    join(bin, 'initdb'),
    ['--no-sync', '--auth=trust', '--username=tabseed', '--encoding=UTF8', '--locale=C', '-D', data],
    { ...as, stdio: 'ignore', cwd: folder },
  )
  const port = await freePort()
  let process_: ChildProcess | null = null
  let databases = 0
  const urlOf = (name: string) => `postgres://tabseed@127.0.0.1:${port}/${name}`
  const admin = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: urlOf('postgres'), connectionTimeoutMillis: 5_000 })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    const running = process_
    process_ = null
    if (running === null) return
    const gone = once(running, 'exit')
    running.kill(signal)
    await gone
  }
  const start = async (): Promise<void> => {
    const settings = [
      'fsync=off',
      `unix_socket_directories=${folder}`,
      'max_connections=60',
      'shared_buffers=16MB',
    ]
    process_ = spawn(
      join(bin, 'postgres'),
      ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap(setting => ['-c', setting])],
      { ...as, stdio: 'ignore', cwd: folder },
    )
    const limit = performance.now() + 30_000
    for (;;) {
      const answered = await admin(async () => true).catch(() => false)
      if (answered) return
      // After a kill its own processes need a moment until they notice.
      if (process_?.exitCode != null) {
        await new Promise(resolve => setTimeout(resolve, 50))
        return start()
      }
      if (performance.now() > limit) throw new Error('PostgreSQL did not answer within 30 s')
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  await start()
  return {
    port,
    create: async () => {
      databases += 1
      const name = `test${databases}`
      await admin(client => client.query(`create database ${name}`))
      return urlOf(name)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGINT'),
    start,
    [Symbol.asyncDispose]: async () => {
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
