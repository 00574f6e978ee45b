import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  constants,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { LAUNCHER, runCli, startCli, startCommand, writeHuge, writeSet } from '../../support/clients/cli.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp } from '../../support/server/app.ts'

const ROOT = join(import.meta.dirname, '../../..')

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder[Symbol.dispose]())

const at = (...path: string[]) => join(folder.path, ...path)
const tabseed = (...args: string[]) => runCli(folder.path, ...args)
const read = (name: string) => parseMetainfo(readFileSync(at(name)))
const mktorrent = (...args: string[]) =>
  execFileSync('mktorrent', args, { cwd: folder.path, stdio: 'ignore' })

describe('show', () => {
  test('tells all that a .torrent says, and nothing that steers a terminal', async () => {
    writeSet(folder.path)
    mktorrent(
      '-a',
      'http://a.example/announce',
      '-c',
      'x\x1b[31mred',
      '-s',
      'SRC',
      '-p',
      '-o',
      't.torrent',
      'set',
    )
    const { infoHash } = await read('t.torrent')
    const { code, stdout } = await tabseed('show', 't.torrent')
    expect(code).toBe(0)
    for (const text of [
      infoHash,
      'http://a.example/announce',
      'SRC',
      'mktorrent 1.1',
      'deep/er/ünïcode – 😀',
    ]) {
      expect(stdout).toContain(text)
    }
    expect(stdout).not.toContain('\x1b')
    const shown = JSON.parse((await tabseed('show', '--json', 't.torrent')).stdout)
    expect(shown).toMatchObject({ infoHash, private: true, source: 'SRC', comment: 'x\x1b[31mred' })
    expect(shown.files).toHaveLength(10)
    const magnet = JSON.parse((await tabseed('show', '--json', shown.magnet)).stdout)
    expect(magnet).toMatchObject({ infoHash, name: 'set', trackers: ['http://a.example/announce'] })
  })

  test('counts no padding into the size', async () => {
    const pad = 'd4:attr1:p6:lengthi16380e4:pathl4:.pad5:16380ee'
    const files = `ld6:lengthi4e4:pathl1:aee${pad}d6:lengthi5e4:pathl1:beee`
    const info = `d5:files${files}4:name3:set12:piece lengthi16384e6:pieces40:${'x'.repeat(40)}e`
    writeFileSync(at('padded.torrent'), `d4:info${info}e`)
    const { stdout } = await tabseed('show', 'padded.torrent')
    expect(stdout).toMatch(/^size +9 B \(9 bytes\), and 16380 bytes of padding$/m)
    expect(stdout).toMatch(/^files +2$/m)
    expect(stdout).not.toContain('.pad')
  })

  test.each([['magnet:?xt=urn:btih:abc'], ['missing.torrent'], ['.'], ['/dev/null']])(
    'refuses %s',
    async source => {
      const { code, stderr } = await tabseed('show', source)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^tabseed: .+\n$/)
    },
  )
})

describe('verify', () => {
  beforeEach(() => {
    writeSet(folder.path)
    // Pieces of 64 KiB; a.txt, a-b, a/inside.bin and B share the first one.
    mktorrent('-l', '16', '-o', 'set.torrent', 'set')
  })
  const verify = async (path: string, ...options: string[]) => {
    const { code, stdout } = await tabseed(
      'verify',
      '--json',
      path,
      '--torrent',
      at('set.torrent'),
      ...options,
    )
    return { code, ...JSON.parse(stdout) }
  }
  const stateOf = (report: { files: { path: string; state: string }[] }) =>
    Object.fromEntries(
      report.files.filter(({ state }) => state !== 'good').map(({ path, state }) => [path, state]),
    )

  test('says that a copy is whole, from the folder or the one around it', async () => {
    for (const path of ['set', '.', at('set')]) {
      expect(await verify(path)).toMatchObject({ code: 0, whole: true, pieces: { bad: 0, missing: 0 } })
    }
  })

  test('says which files are damaged or too short', async () => {
    const bytes = readFileSync(at('set/b.bin'))
    bytes[400_000] = (bytes[400_000] ?? 0) ^ 1
    writeFileSync(at('set/b.bin'), bytes)
    truncateSync(at('set/a/inside.bin'), 200_000)
    const report = await verify('set')
    expect(report).toMatchObject({ code: 1, whole: false })
    expect(stateOf(report)).toMatchObject({ 'b.bin': 'damaged', 'a/inside.bin': 'damaged' })
    const of = (path: string) => report.files.find((file: { path: string }) => file.path === path)
    // Its first piece ends what was cut off.
    expect(of('b.bin').pieces).toMatchObject({ bad: 1, missing: 1 })
    expect(of('a/inside.bin').pieces.missing).toBeGreaterThan(0)
    const { code, stdout } = await tabseed('verify', 'set', '-t', 'set.torrent')
    expect(code).toBe(1)
    expect(stdout).toContain('damaged    b.bin: 1 bad and 1 missing')
  })

  test('says that a file is missing, longer, or has another name', async () => {
    appendFileSync(at('set/b.bin'), 'more')
    renameSync(at('set/.hidden'), at('set/hidden-no-more'))
    rmSync(at('set/empty'))
    const report = await verify('set')
    expect(report).toMatchObject({ code: 1, whole: false, pieces: { bad: 0, missing: 0 } })
    expect(stateOf(report)).toEqual({ 'b.bin': 'long', '.hidden': 'elsewhere', empty: 'missing' })
    expect(report.files.find(({ path }: { path: string }) => path === 'b.bin').excess).toBe(4)
  })

  test('fails on what is not there, and on being called wrongly', async () => {
    expect((await tabseed('verify', 'nothing', '-t', 'set.torrent')).code).toBe(1)
    expect((await tabseed('verify', 'set')).code).toBe(2)
    expect((await tabseed('verify', '-t', 'set.torrent')).code).toBe(2)
  })

  test('takes one file under any name', async () => {
    mktorrent('-l', '15', '-o', 'one.torrent', 'one.bin')
    renameSync(at('one.bin'), at('renamed'))
    expect(await tabseed('verify', '-q', 'renamed', '-t', 'one.torrent')).toMatchObject({
      code: 0,
      stderr: '',
    })
    rmSync(at('set'), { recursive: true })
    writeFileSync(at('renamed'), 'x')
    expect((await tabseed('verify', 'renamed', '-t', 'one.torrent')).code).toBe(1)
  })
})

describe('usage', () => {
  test('says in one line what is wrong, exit code 2', async () => {
    for (const args of [
      ['create'],
      ['create', '--nope', 'x'],
      ['nothing'],
      ['show', 'a', 'b'],
      ['constructor'],
    ]) {
      const { code, stderr, stdout } = await tabseed(...args)
      expect(code, args.join(' ')).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toMatch(/^tabseed: .+; see tabseed .*--help\n$/)
    }
    expect((await tabseed()).code).toBe(2)
  })

  test('--help needs nothing, exit code 0', async () => {
    for (const args of [
      ['--help'],
      ['create', '--help'],
      ['serve', '--port', 'x', '-h'],
      ['verify', '--help'],
    ]) {
      const { code, stderr, stdout } = await tabseed(...args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^Usage: tabseed /)
    }
  })
})

test('--version says which one it is', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(await tabseed('--version')).toEqual({ code: 0, stdout: `tabseed ${version}\n`, stderr: '' })
})

describe('the launcher', () => {
  test('is what npx starts, from any folder, without asking for anything', async () => {
    const env = { npm_config_cache: at('cache'), npm_config_offline: 'true' }
    writeTree(folder.path, { 'in/a': 'a' })
    const inside = await startCommand(join(ROOT, 'docs'), ['npx', 'tabseed', '--help'], env).ended
    expect(inside).toMatchObject({ code: 0, stderr: '' })
    expect(inside.stdout).toMatch(/^Usage: tabseed /)
    const outside = ['npx', '--prefix', ROOT, 'tabseed', 'create', '--json', 'in'] as const
    expect(await startCommand(folder.path, outside, env).ended).toMatchObject({ code: 0 })
    expect((await read('in.torrent')).name).toBe('in')
  })

  test('hands over to the Node.js of the lock file, with signals and exit codes', async () => {
    const other = at('node')
    copyFileSync(process.execPath, other, constants.COPYFILE_FICLONE)
    const wrong = await startCommand(folder.path, [other, LAUNCHER, 'show', '--nope']).ended
    expect(wrong.code).toBe(2)
    writeHuge(at('big.bin'))
    const running = startCommand(folder.path, [other, LAUNCHER, 'create', '--json', 'big.bin'])
    await running.reached(1)
    running.kill('SIGINT')
    expect((await running.ended).code).toBe(130)
    expect(existsSync(at('big.bin.torrent'))).toBe(false)
  })
})

describe('serve and doctor', () => {
  test('serve takes the flags of the server, and its exit codes', async () => {
    const wrong = await tabseed('serve', '--port', 'x', '--nope')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('TABSEED_PORT')
    const running = startCli(folder.path, 'serve', '--port', '0')
    const url = await running.says(/^Tabseed is at (\S+)$/m)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(readdirSync(folder.path)).toEqual(['data'])
    running.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })

  const doctor = async (...args: string[]) => {
    const { code, stdout } = await tabseed('doctor', '--json', ...args)
    const { checks } = JSON.parse(stdout)
    const levels = checks.map(({ level, name }: { level: string; name: string }) => [name, level])
    return { code, levels: Object.fromEntries(levels) }
  }

  test('doctor finds a server well, and what it needs', async () => {
    await using server = await startApp()
    const { port } = new URL(server.url)
    const { code, levels } = await doctor('--server', server.url, '--port', port)
    expect(code).toBe(0)
    expect(new Set(Object.values(levels))).toEqual(new Set(['ok']))
    expect(Object.keys(levels)).toContain('tracker (WebSocket)')
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('doctor says what is wrong, exit code 1', async () => {
    expect(await doctor('--turn-ttl', 'x')).toMatchObject({ code: 1, levels: { settings: 'fail' } })
    expect(await doctor('--data', '/dev/null/x')).toMatchObject({
      code: 1,
      levels: { 'data directory': 'fail' },
    })
    const other = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const url = `http://127.0.0.1:${port}`
    expect(await doctor('--port', String(port), '--server', url)).toMatchObject({
      code: 1,
      levels: { port: 'fail', server: 'fail' },
    })
    other.close()
  })
})
