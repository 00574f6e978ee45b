import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../../server/app.ts'
import { createLog } from '../../../server/base/log.ts'
import { StartError } from '../../../server/base/start-error.ts'
import { type Config, readConfig } from '../../../server/config/config.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'
import { spawnServer } from '../../support/server/test-server.ts'

/** The one line that a server on this data directory does not start with. */
async function refusal(data: string, env: Record<string, string> = {}): Promise<string> {
  const config = readConfig([], {
    NODE_ENV: 'test',
    TABSEED_PORT: '0',
    TABSEED_DATA: data,
    ...env,
  }) as Config
  const app = createApp(config, { log: createLog('silent'), pages: 'none' })
  const error = await app.start().catch(reason => reason)
  await app.stop()
  expect(error).toBeInstanceOf(StartError)
  expect(error.message).not.toContain('\n')
  return error.message
}

/** A data directory in which a server published `names`, and has stopped. */
async function usedData(folder: string, ...names: readonly string[]): Promise<string> {
  const data = join(folder, 'data')
  await using server = await startApp({ TABSEED_DATA: data })
  for (const name of names) await publishNamed(server.url, name)
  return data
}

describe('a second server', () => {
  test('is refused, in this process and in another, with pid and port of the first', async () => {
    using folder = tempFolder()
    const data = { TABSEED_DATA: join(folder.path, 'data') }
    await using first = await startApp(data)
    const { infoHash } = await publishNamed(first.url, 'of the first')
    const { port } = new URL(first.url)
    const expected = `Tabseed cannot start: cannot use the data directory (TABSEED_DATA): ${data.TABSEED_DATA} is in use by another Tabseed (process ${process.pid}, port ${port})`
    expect(await refusal(data.TABSEED_DATA)).toBe(expected)

    const second = spawnServer(['--port', '0', '--data', data.TABSEED_DATA])
    const [stderr, [code]] = await Promise.all([text(second.stderr), once(second, 'exit')])
    expect([code, stderr]).toEqual([1, `${expected}\n`])
    expect((await fetch(`${first.url}/api/shares/${infoHash}`)).status).toBe(200)

    await first.stop()
    await using third = await startApp(data)
    expect((await fetch(`${third.url}/api/shares/${infoHash}`)).status).toBe(200)
  })

  test('is refused on the same folder of cached shares, also by `tabseed seed --server`', async () => {
    using folder = tempFolder()
    const seeder = { TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0', TABSEED_SEEDER_DIR: folder.path }
    await using first = await startApp(seeder)
    const line = await refusal(join(folder.path, 'other'), seeder)
    expect(line).toContain('(TABSEED_SEEDER_DIR)')
    expect(line).toContain(
      `in use by another Tabseed (process ${process.pid}, port ${new URL(first.url).port})`,
    )

    const args = [
      'seed',
      '--server',
      first.url,
      '--seeder-token',
      'x'.repeat(32),
      '--seeder-dir',
      folder.path,
    ]
    const cli = spawn(process.execPath, ['server/cli/tabseed.js', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [stderr, [code]] = await Promise.all([text(cli.stderr), once(cli, 'exit')])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^tabseed: [^\n]*in use by another Tabseed \(process \d+[^\n]*\n$/)
  })

  test('starts at once after a kill, whoever has the pid now, and whichever machine it was', async () => {
    using folder = tempFolder()
    const holder = fork(join(import.meta.dirname, '../../support/server/hold-folder.ts'), [folder.path])
    await once(holder, 'message')
    expect(await refusal(folder.path)).toContain(`process ${holder.pid}`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const left = join(folder.path, 'tabseed.lock.json')
    for (const holder of [{ pid: process.pid, host: 'elsewhere', port: 1 }, { pid: process.ppid }]) {
      writeFileSync(left, JSON.stringify(holder))
      await using server = await startApp({ TABSEED_DATA: folder.path })
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    }
  })
})

describe('a data directory that cannot be used ends the start with its path and the reason', () => {
  test('below a file, on /proc, in the way of a link', async () => {
    using folder = tempFolder()
    const file = join(folder.path, 'file')
    writeFileSync(file, '')
    expect(await refusal(join(file, 'data'))).toBe(
      `Tabseed cannot start: cannot use the data directory (TABSEED_DATA): ${file}/data: not a directory (ENOTDIR)`,
    )
    expect(await refusal(file)).toContain(`${file}: file already exists (EEXIST)`)
    for (const path of ['/proc/x', '/proc/x/y/z', '/proc/self/x/y']) {
      expect(await refusal(path)).toMatch(/: \/proc\/[^:]+: no such file or directory \(ENOENT\)$/)
    }
    expect(await refusal('/proc')).toMatch(/: \/proc\/tabseed\.lock: .*\(E[A-Z]+\)$/)
  })

  test.skipIf(process.getuid?.() !== 0)('without permission, or read-only (needs root)', async () => {
    using folder = tempFolder()
    const start = async (shell: string) => {
      const child = spawn('unshare', ['--mount', 'sh', '-c', shell, process.execPath, folder.path])
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
      return { code, stderr }
    }
    const run = '"$0" server/main.ts --port 0 --data "$1"'
    const readOnly = await start(`mount -t tmpfs -o ro none "$1" && exec ${run}`)
    expect(readOnly.code).toBe(1)
    expect(readOnly.stderr).toMatch(/^Tabseed cannot start: [^\n]*: read-only file system \(EROFS\)\n$/)
    // Root may write everywhere, unless it gives up that right.
    chownSync(folder.path, 65534, 65534)
    chmodSync(folder.path, 0o755)
    const denied = await start(`exec setpriv --bounding-set=-dac_override,-dac_read_search ${run}/x`)
    expect(denied.stderr).toMatch(/^Tabseed cannot start: [^\n]*: permission denied \(EACCES\)\n$/)
    expect(denied.code).toBe(1)
  })
})

describe('a database', () => {
  const broken: readonly (readonly [string, (path: string) => void])[] = [
    ['cut in half', path => truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096)],
    ['with flipped bits in a page', path => change(path, 8192, 4096)],
    ['with flipped bits in its head', path => change(path, 16, 64)],
    ['with another beginning', path => change(path, 0, 100)],
    ['that is text', path => writeFileSync(path, 'not a database at all\n'.repeat(500))],
  ]

  test.each(broken)('%s is refused in one line, and left as it is', async (_, spoil) => {
    using folder = tempFolder()
    const data = await usedData(folder.path, ...Array.from({ length: 40 }, (_, index) => `share ${index}`))
    const path = join(data, 'tabseed.sqlite')
    spoil(path)
    const before = readFileSync(path)
    expect(await refusal(data)).toContain(
      `Tabseed cannot start: cannot open the database (TABSEED_DATA): ${path}: `,
    )
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test.each(['empty', 'missing', 'without tables'])(
    'that is %s is refused beside other data',
    async state => {
      using folder = tempFolder()
      const data = await usedData(folder.path, 'one')
      const path = join(data, 'tabseed.sqlite')
      rmSync(path)
      if (state === 'empty') writeFileSync(path, '')
      if (state === 'without tables') new Database(path).exec('PRAGMA user_version = 1').close()
      expect(await refusal(data)).toContain(`${path}: it is empty or was missing, but there is tracker.json`)
      rmSync(join(data, 'tracker.json'))
      mkdirSync(join(data, 'seeder'))
      writeFileSync(join(data, 'seeder', `${'a'.repeat(40)}.torrent`), '')
      expect(await refusal(data)).toContain('but there is seeder/')
      rmSync(join(data, 'seeder'), { recursive: true })
      await using server = await startApp({ TABSEED_DATA: data })
      await publishNamed(server.url, 'anew')
    },
  )

  test('of another program, or of a newer one of ours, is refused', async () => {
    using folder = tempFolder()
    const data = await usedData(folder.path, 'one')
    const path = join(data, 'tabseed.sqlite')
    const database = new Database(path)
    database.exec("INSERT INTO kysely_migration VALUES ('999-later', '2030')").close()
    expect(await refusal(data)).toContain('a newer Tabseed wrote it (999-later)')
    const other = join(folder.path, 'other')
    mkdirSync(other)
    new Database(join(other, 'tabseed.sqlite')).exec('CREATE TABLE notes (text)').close()
    expect(await refusal(other)).toContain('it is the database of another program')
  })

  test('and all beside it are readable by their owner only, also when others could read them before', async () => {
    using folder = tempFolder()
    const data = await usedData(folder.path, 'one')
    chmodSync(join(data, 'tabseed.sqlite'), 0o644)
    await using server = await startApp({ TABSEED_DATA: data })
    await publishNamed(server.url, 'two')
    const modes = readdirSync(data).map(name => [name, statSync(join(data, name)).mode & 0o777])
    expect(Object.fromEntries(modes)).toMatchObject({ 'tabseed.sqlite': 0o600, 'tabseed.sqlite-wal': 0o600 })
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([])
  })
})

describe('state files', () => {
  test('that are damaged are put aside and logged', async () => {
    using folder = tempFolder()
    const data = await usedData(folder.path, 'one')
    mkdirSync(join(folder.path, 'publish'))
    mkdirSync(join(data, 'seeder'))
    const files = [join(data, 'tracker.json'), join(data, 'seeder', 'published.json')]
    for (const file of files) writeFileSync(file, '{"swarms":')
    await using server = await startApp({
      TABSEED_DATA: data,
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: '0',
      TABSEED_PUBLISH_DIR: join(folder.path, 'publish'),
    })
    for (const file of files) {
      const log = server
        .log()
        .split('\n')
        .filter(line => line.includes(`"file":"${file}"`))
      expect(log).toHaveLength(1)
      const { keptAs, msg } = JSON.parse(log[0] ?? '')
      expect(msg).toContain('damaged')
      expect(keptAs).toContain(`${file}.broken-`)
      expect(readFileSync(keptAs, 'utf8')).toBe('{"swarms":')
    }
    await server.stop()
    expect(existsSync(files[0] ?? '')).toBe(true)
  })
})

/** Inverts the bits of `length` bytes at `offset`. */
function change(path: string, offset: number, length: number): void {
  const bytes = readFileSync(path)
  for (let at = offset; at < offset + length; at++) bytes[at] = ~(bytes[at] ?? 0)
  writeFileSync(path, bytes)
}
