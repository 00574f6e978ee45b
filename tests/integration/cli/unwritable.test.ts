import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER, runCli, startCli, startCommand } from '../../support/clients/cli.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const folder = tempFolder()
const at = (...path: string[]) => join(folder.path, ...path)
const tabseed = (...args: string[]) => runCli(folder.path, ...args)
const IDLE = ['--idle-timeout', '20']

beforeAll(async () => {
  writeTree(folder.path, { 'set/a.txt': 'a', 'set/b.bin': noise(100_000, 3), file: '', 'taken/.tabseed': '' })
  chmodSync(folder.path, 0o755)
  const made = await tabseed('create', 'set', '-o', 'set.torrent', '-a', 'http://127.0.0.1:9/announce')
  expect(made.code, made.stderr).toBe(0)
})
afterAll(() => folder[Symbol.dispose]())

/** What each command that writes is told to write to a place, and the path and reason it ends with. */
const unwritable: readonly (readonly [args: readonly string[], reason: RegExp])[] = [
  [['get', '-o', 'file', 'set.torrent', ...IDLE], /\/file\/[^\n]*not a directory \(ENOTDIR\)/],
  [['get', '-o', 'file/x/y', 'set.torrent', ...IDLE], /\/file\/[^\n]*not a directory \(ENOTDIR\)/],
  [['get', '-o', 'taken', 'set.torrent', ...IDLE], /\/taken\/\.tabseed: file already exists \(EEXIST\)/],
  [['get', '-o', '/proc/x', 'set.torrent', ...IDLE], /\/proc\/x[^\n]*: no such file or directory \(ENOENT\)/],
  [
    ['get', '-o', '/proc/self/x/y', 'set.torrent', ...IDLE],
    /\/proc\/self\/x[^\n]*: no such file or directory \(ENOENT\)/,
  ],
  [['create', 'set', '-o', 'file/x.torrent'], /\/file: not a directory \(ENOTDIR\)/],
  [['create', 'set', '-o', '/proc/x.torrent'], /\/proc\/x\.torrent: no such file or directory \(ENOENT\)/],
  [['create', 'set', '-o', 'nowhere/x.torrent'], /\/nowhere: no such file or directory \(ENOENT\)/],
  [
    ['seed', 'set', '-a', 'http://127.0.0.1:9/announce', '--save-torrent', 'file/x.torrent'],
    /file\/x\.torrent: not a directory \(ENOTDIR\)/,
  ],
  [['repair', 'file/set', '-t', 'set.torrent', ...IDLE], /file\/set/],
]

describe('a place that cannot be written to ends the command at once: one line, exit code 1', () => {
  test.each(unwritable)('%j', async (args, reason) => {
    const { code, stderr, stdout } = await tabseed(...args, '-q', '--json')
    expect(code, stderr).toBe(1)
    expect(stderr).toMatch(/^tabseed: [^\n]*\n$/)
    expect(stderr).toMatch(reason)
    expect(stderr).not.toContain('Reload')
    const { error } = JSON.parse(stdout)
    expect(['storage_failed', 'file_unreadable']).toContain(error.code)
    expect(error.detail).toMatch(reason)
  })

  test.skipIf(process.getuid?.() !== 0)('without permission (needs root)', async () => {
    // Root may write everywhere, unless it gives up that right.
    mkdirSync(at('closed'), { mode: 0o755 })
    chownSync(at('closed'), 65534, 65534)
    for (const args of [
      ['get', '-q', '-o', 'closed', at('set.torrent'), ...IDLE],
      ['create', '-q', 'set', '-o', 'closed/x.torrent'],
    ]) {
      const { code, stderr } = await startCommand(folder.path, [
        'setpriv',
        '--bounding-set=-dac_override,-dac_read_search',
        process.execPath,
        LAUNCHER,
        ...args,
      ]).ended
      expect(code, stderr).toBe(1)
      expect(stderr).toMatch(/^tabseed: [^\n]*\/closed[^\n]*: permission denied \(EACCES\)[^\n]*\n$/)
    }
  })

  test('full of links that lead nowhere', async () => {
    symlinkSync('nowhere', at('dangling'))
    const { code, stderr } = await tabseed('get', '-q', '-o', 'dangling', 'set.torrent', ...IDLE)
    expect(code, stderr).toBe(1)
    expect(stderr).toMatch(/^tabseed: [^\n]*\/dangling[^\n]*\(E[A-Z]+\)[^\n]*\n$/)
  })
})

describe('a folder that another process writes', () => {
  test('is refused to a second download of the same share, and free after a kill', async () => {
    const first = startCli(folder.path, 'get', '--json', '-o', 'both', 'set.torrent')
    await expect
      .poll(() => existsSync(at('both/.tabseed')) && readdirSync(at('both/.tabseed')).join(), {
        timeout: 20_000,
      })
      .toContain('.lock.json')
    const second = await tabseed('get', '-q', '-o', 'both', 'set.torrent', ...IDLE)
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/^tabseed: [^\n]*in use by another Tabseed \(process \d+\)\)\n$/)
    first.kill('SIGKILL')
    await first.ended
    const third = await tabseed('get', '-q', '-o', 'both', '--idle-timeout', '1', 'set.torrent')
    expect(third.code, third.stderr).toBe(3)
  })

  test('and that a running server uses, is left alone', async () => {
    await using server = await startApp({ TABSEED_DATA: at('data') })
    const { infoHash } = await publishNamed(server.url, 'served')
    const before = readdirSync(at('data')).sort()
    for (const args of [
      ['get', '-o', 'data', 'set.torrent', ...IDLE],
      ['get', '-o', 'data/deep/er', 'set.torrent', ...IDLE],
      ['create', 'set', '-o', 'data/x.torrent'],
    ]) {
      const { code, stderr } = await tabseed(...args, '-q')
      expect(code, stderr).toBe(1)
      expect(stderr).toContain(`in use by another Tabseed (process ${process.pid}, port `)
    }
    expect(readdirSync(at('data')).sort()).toEqual(before)
    expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(200)
    expect(readFileSync(at('data/tabseed.lock.json'), 'utf8')).toContain(`${process.pid}`)
    writeFileSync(at('file'), '')
  })
})
