import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../../server/shares/migrations.ts'
import { runCli } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

/** All files in a folder with their content. */
function contentOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map(path => [path, readFileSync(path, 'latin1')]))
}

/** The backup `b.tar` in `folder` of a server that published `names`, and runs no more. */
async function backedUp(folder: string, ...names: readonly string[]) {
  const data = join(folder, 'data')
  await using server = await startApp({ TABSEED_DATA: data })
  const shares = []
  for (const name of names) shares.push(await publishNamed(server.url, name))
  const { code, stderr } = await runCli(folder, 'backup', '--data', data, 'b.tar')
  expect([code, stderr]).toEqual([0, ''])
  return { data, file: join(folder, 'b.tar'), shares }
}

describe('tabseed backup and restore', () => {
  test('of a running server with a seeder, into an empty folder: links, owner keys, records and settings are back, secrets are not', async () => {
    using folder = tempFolder()
    const at = (name: string) => join(folder.path, name)
    const OPERATOR_KEY = 'the-key-of-the-operator'
    mkdirSync(at('publish'))
    const env = {
      TABSEED_DATA: at('data'),
      TABSEED_OPERATOR_KEY: OPERATOR_KEY,
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: '0',
      TABSEED_SHARES_DAYS: '77',
    }
    await using server = await startApp(env)
    const before = await publishNamed(server.url, 'before')
    const record = `${before.infoHash}.torrent`
    writeFileSync(at(`data/seeder/${record}`), 'of a cached share')
    const { code, stderr, stdout } = await runCli(
      folder.path,
      'backup',
      '--json',
      '--data',
      at('data'),
      'b.tar',
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      file: at('b.tar'),
      shares: 1,
      cachedShares: 1,
      bytes: statSync(at('b.tar')).size,
    })
    expect(statSync(at('b.tar')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder.path).sort()).toEqual(['b.tar', 'data', 'publish'])
    expect(readFileSync(at('b.tar'), 'latin1')).not.toContain(OPERATOR_KEY)
    const after = await publishNamed(server.url, 'after')

    const restored = await runCli(folder.path, 'restore', '--data', at('new/data'), 'b.tar')
    expect([restored.code, restored.stderr]).toEqual([0, ''])
    expect(restored.stdout).toContain(`${at('new/data')}: restored from the backup of `)
    expect(readFileSync(at(`new/data/seeder/${record}`), 'utf8')).toBe('of a cached share')
    expect(readFileSync(at('new/data/restored-settings.env'), 'utf8')).toContain("TABSEED_SHARES_DAYS='77'\n")
    for (const [path, content] of Object.entries(contentOf(at('new/data')))) {
      expect(statSync(path).mode & 0o777, path).toBe(0o600)
      expect(content, path).not.toContain(OPERATOR_KEY)
    }

    await using again = await startApp({ TABSEED_DATA: at('new/data') })
    const share = `${again.url}/api/shares/${before.infoHash}`
    expect((await fetch(share)).status).toBe(200)
    expect((await fetch(`${again.url}/api/shares/${after.infoHash}`)).status).toBe(404)
    const headers = { authorization: `Bearer ${before.ownerKey}` }
    expect((await fetch(share, { method: 'DELETE', headers })).status).toBe(204)
  })

  test('while shares are being published, has every one that was acknowledged before it began', async () => {
    using folder = tempFolder()
    const data = join(folder.path, 'data')
    await using server = await startApp({ TABSEED_DATA: data, TABSEED_LIMITS: 'off' })
    const acknowledged: string[] = []
    let isOver = false
    const publishing = (async () => {
      for (let count = 0; !isOver; count++) {
        acknowledged.push((await publishNamed(server.url, `share ${count}`)).infoHash)
      }
    })()
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(20)
    const had = [...acknowledged]
    const { code } = await runCli(folder.path, 'backup', '--data', data, 'b.tar')
    isOver = true
    await publishing
    expect(code).toBe(0)
    const restored = join(folder.path, 'restored')
    expect((await runCli(folder.path, 'restore', '--data', restored, 'b.tar')).code).toBe(0)
    const database = new Database(join(restored, 'tabseed.sqlite'), { readonly: true })
    const found = new Set(database.prepare('SELECT info_hash FROM shares').pluck().all())
    database.close()
    expect(had.filter(infoHash => !found.has(infoHash))).toEqual([])
  })

  test('restore leaves what was there beside it, and is refused while a server runs', async () => {
    using folder = tempFolder()
    const { data, shares } = await backedUp(folder.path, 'old')
    await using server = await startApp({ TABSEED_DATA: data })
    const newer = await publishNamed(server.url, 'newer')
    const refused = await runCli(folder.path, 'restore', '--data', data, 'b.tar')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toBe(
      `tabseed: Another Tabseed uses this folder. End that one, or choose another folder. (${data} is in use by another Tabseed (process ${process.pid}, port ${new URL(server.url).port}))\n`,
    )
    expect((await fetch(`${server.url}/api/shares/${newer.infoHash}`)).status).toBe(200)
    await server.stop()

    const { code, stdout } = await runCli(folder.path, 'restore', '--json', '--data', data, 'b.tar')
    expect(code).toBe(0)
    const { movedTo } = JSON.parse(stdout)
    expect(readdirSync(movedTo).sort()).toEqual(['tabseed.sqlite', 'tracker.json'])
    await using again = await startApp({ TABSEED_DATA: data })
    expect((await fetch(`${again.url}/api/shares/${shares[0]?.infoHash}`)).status).toBe(200)
    expect((await fetch(`${again.url}/api/shares/${newer.infoHash}`)).status).toBe(404)
    await again.stop()
    const database = new Database(join(movedTo, 'tabseed.sqlite'))
    expect(database.prepare('SELECT count(*) FROM shares').pluck().get()).toBe(2)
    database.close()
  })

  test('restore of what is truncated, damaged, newer, foreign or missing says so in one line, and changes nothing', async () => {
    using folder = tempFolder()
    const { data, file } = await backedUp(folder.path, 'one', 'two')
    const good = readFileSync(file)
    const before = contentOf(data)
    const refusal = async (bytes: Uint8Array | string) => {
      writeFileSync(file, bytes)
      const { code, stderr, stdout } = await runCli(folder.path, 'restore', '--data', data, 'b.tar')
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^tabseed: [^\n]+\n$/)
      expect(contentOf(data)).toEqual(before)
      return stderr.replace('tabseed: This backup cannot be restored. Nothing was changed. ', '').trim()
    }
    const truncated = [good.length - 2048, Math.floor(good.length / 2), 4096, 513]
    for (const length of truncated) {
      expect(await refusal(good.subarray(0, length)), `${length} bytes`).toContain('truncated')
    }
    const database = good.indexOf('SQLite format 3')
    for (const offset of [database + 5000, good.lastIndexOf('"sha256"') + 14]) {
      const damaged = Buffer.from(good)
      damaged[offset] = (damaged[offset] ?? 0) ^ 1
      expect(await refusal(damaged)).toMatch(/damaged/)
    }
    expect(await refusal('')).toBe(`(${file}: it is empty)`)
    expect(await refusal('no backup at all\n'.repeat(100))).toContain('it is no backup of Tabseed')

    writeFileSync(join(folder.path, 'notes.txt'), 'mine')
    execFileSync('tar', ['cf', file, '-C', folder.path, 'notes.txt'])
    expect(await refusal(readFileSync(file))).toContain('it is no backup of Tabseed')

    expect(await refusal(changedHead(good, '"version": 1', '"version": 9'))).toContain(
      'a newer Tabseed wrote it (format 9)',
    )
    expect(await refusal(changedHead(good, '"001-shares"', '"901-shares"'))).toContain(
      'a newer Tabseed wrote it (901-shares)',
    )
    const missing = await runCli(folder.path, 'restore', '--data', data, 'nowhere.tar')
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nowhere.tar')])
    // Nor is a folder made for a backup that cannot be used.
    await runCli(folder.path, 'restore', '--data', join(folder.path, 'new'), 'b.tar')
    expect(existsSync(join(folder.path, 'new'))).toBe(false)
  }, 120_000)

  test('backup replaces an earlier one, nothing else, and needs a database', async () => {
    using folder = tempFolder()
    const { data } = await backedUp(folder.path, 'one')
    expect((await runCli(folder.path, 'backup', '--data', data, 'b.tar')).code).toBe(0)
    writeFileSync(join(folder.path, 'notes.txt'), 'mine')
    for (const name of ['notes.txt', join(data, 'tabseed.sqlite'), data]) {
      const { code, stderr } = await runCli(folder.path, 'backup', '--data', data, name)
      expect([code, stderr]).toEqual([2, expect.stringContaining('exists and is no backup')])
    }
    expect(readFileSync(join(folder.path, 'notes.txt'), 'utf8')).toBe('mine')
    const none = await runCli(folder.path, 'backup', '--data', join(folder.path, 'none'), 'c.tar')
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('none/tabseed.sqlite')])
    expect(readdirSync(folder.path).sort()).toEqual(['b.tar', 'data', 'notes.txt'])
  })

  test.skipIf(process.getuid?.() !== 0)(
    'on a full disk both end with one line, and leave everything as it was (needs root)',
    async () => {
      using folder = tempFolder()
      const { data } = await backedUp(
        folder.path,
        ...Array.from({ length: 200 }, (_, index) => `share ${index}`),
      )
      const disk = join(folder.path, 'disk')
      mkdirSync(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', disk])
      try {
        const backup = await runCli(folder.path, 'backup', '--data', data, 'disk/b.tar')
        expect([backup.code, backup.stderr]).toEqual([
          1,
          expect.stringMatching(/^tabseed: There is no space[^\n]*\n$/),
        ])
        expect(readdirSync(disk)).toEqual([])
        const restored = await runCli(folder.path, 'restore', '--data', 'disk/data', 'b.tar')
        expect([restored.code, restored.stderr]).toEqual([
          1,
          expect.stringMatching(/^tabseed: There is no space[^\n]*\n$/),
        ])
        expect(Object.keys(contentOf(disk)).filter(path => !path.endsWith('.lock'))).toEqual([])
      } finally {
        execFileSync('umount', [disk])
      }
    },
  )
})

/** The backup with `to` in place of `from` in its first file, whose header does not cover its content. */
function changedHead(backup: Uint8Array, from: string, to: string): Buffer {
  const bytes = Buffer.from(backup)
  const at = bytes.indexOf(from)
  expect(at).toBeGreaterThan(0)
  bytes.write(to, at)
  return bytes
}

describe('a newer version', () => {
  /** The database as a version of five migrations had it, with the shares of this one. */
  async function downgrade(data: string): Promise<void> {
    const path = join(data, 'tabseed.sqlite')
    renameSync(path, join(data, 'newer'))
    const sqlite = new Database(path)
    const database = new Kysely<unknown>({ dialect: new SqliteDialect({ database: sqlite }) })
    const early = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '006'))
    await new Migrator({ db: database, provider: { getMigrations: async () => early } }).migrateToLatest()
    const columns = sqlite.prepare("SELECT name FROM pragma_table_info('shares')").pluck().all().join(', ')
    sqlite.exec(`ATTACH '${join(data, 'newer')}' AS newer`)
    sqlite.exec(`INSERT INTO shares (${columns}) SELECT ${columns} FROM newer.shares; DETACH newer`)
    await database.destroy()
    rmSync(join(data, 'newer'))
  }

  test('copies the database before it changes it, and says so', async () => {
    using folder = tempFolder()
    const { data, shares } = await backedUp(folder.path, 'one')
    await downgrade(data)
    await using server = await startApp({ TABSEED_DATA: data })
    expect((await fetch(`${server.url}/api/shares/${shares[0]?.infoHash}`)).status).toBe(200)
    const copy = join(data, 'tabseed-before-006-held.sqlite')
    expect(server.log()).toContain(`"file":"${copy}"`)
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    const database = new Database(copy, { readonly: true })
    const tables = database.prepare('SELECT name FROM sqlite_schema').pluck().all()
    expect([tables.includes('shares'), tables.includes('held')]).toEqual([true, false])
    database.close()
    await server.stop()
    await using again = await startApp({ TABSEED_DATA: data })
    expect(again.log()).not.toContain('database copied')
  })

  test('brings an older backup to its own schema', async () => {
    using folder = tempFolder()
    const { data, shares } = await backedUp(folder.path, 'one')
    await downgrade(data)
    expect((await runCli(folder.path, 'backup', '--data', data, 'b.tar')).code).toBe(0)
    expect((await runCli(folder.path, 'restore', '--data', join(folder.path, 'new'), 'b.tar')).code).toBe(0)
    await using server = await startApp({ TABSEED_DATA: join(folder.path, 'new') })
    expect((await fetch(`${server.url}/api/shares/${shares[0]?.infoHash}`)).status).toBe(200)
    truncateSync(join(folder.path, 'b.tar'), 0)
  })
})
