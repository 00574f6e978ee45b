import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMetainfo } from '../../lib/torrent/metainfo.ts'
import { hashFiles } from '../../server/hashing/hash-files.ts'
import { runCli, startCli } from '../support/cli.ts'
import { noise, tempFolder, writeTree } from '../support/fixtures.ts'
import { startServer } from '../support/test-server.ts'

/** So much that hashing it lasts while we do something; it takes no room on the disk. */
const SPARSE_BYTES = 2 * 1024 ** 3

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

function writeSet(): void {
  writeTree(folder.path, {
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
  symlinkSync('a', at('set/linked'))
  symlinkSync('../one.bin', at('set/one-again'))
}

function mkdirWithLink(name: string, target: string): void {
  mkdirSync(at('in'))
  symlinkSync(target, at('in', name))
}

function linkInCircle(): void {
  symlinkSync('in', at('b'))
  symlinkSync('b', at('in'))
}

function replaceBig(): void {
  writeFileSync(at('new'), 'x')
  renameSync(at('new'), at('big.bin'))
}

describe('create', () => {
  test.each([
    ['a folder', ['-l', '18', 'set']],
    ['a folder with a slash', ['-l', '15', 'set/']],
    ['one file', ['-l', '16', 'one.bin']],
    ['its options', ['-l', '17', '-p', '-s', 'SRC', '-n', 'other name', '-t', '2', 'set']],
    ['a linked folder', ['-l', '18', 'set/linked']],
  ])('gives the info hash of mktorrent: %s', async (_, options) => {
    writeSet()
    mktorrent('-o', 'theirs.torrent', ...options)
    expect(await tabseed('create', '-o', 'ours.torrent', ...options)).toMatchObject({ code: 0 })
    const [theirs, ours] = [await read('theirs.torrent'), await read('ours.torrent')]
    expect(ours.infoHash).toBe(theirs.infoHash)
  })

  test('writes around the files what mktorrent writes', async () => {
    writeSet()
    const options = ['-a', 'http://a.example/1,http://a.example/2', '-a', 'udp://b.example:3', '-c', 'ünï']
    const webSeeds = ['-w', 'http://w.example/1,http://w.example/2', '-w', 'http://w.example/3']
    for (const more of [[], ['-d']]) {
      mktorrent('-o', 'theirs.torrent', ...options, ...webSeeds, ...more, 'set')
      const made = await tabseed(
        'create',
        '-l18',
        '-o',
        'ours.torrent',
        ...options,
        ...webSeeds,
        ...more,
        'set',
      )
      expect(made).toMatchObject({ code: 0, stderr: '' })
      const { creationDate, createdBy, ...theirs } = await read('theirs.torrent')
      const { creationDate: ourDate, createdBy: _, ...ours } = await read('ours.torrent')
      expect(ours).toEqual(theirs)
      if (creationDate === null) expect(ourDate).toBeNull()
      else expect(Math.abs((ourDate ?? 0) - creationDate)).toBeLessThan(60)
      rmSync(at('theirs.torrent'))
      rmSync(at('ours.torrent'))
    }
  })

  test('leaves out what is excluded, and system files unless they are wanted', async () => {
    writeTree(folder.path, {
      'set/keep.txt': 'k',
      'set/drop.tmp': 'd',
      'set/cache/x.txt': 'x',
      'set/.DS_Store': 's',
    })
    mkdirSync(at('set/secret.tmp'), { mode: 0 })
    const made = await tabseed('create', '-d', '-e', '*.tmp,cache', 'set')
    expect(made).toMatchObject({ code: 0, stderr: 'left out: set/.DS_Store\n' })
    expect((await read('set.torrent')).files.map(({ path }) => path)).toEqual([['keep.txt']])
    await tabseed('create', '-f', '--junk', '-e', '*.tmp', '-e', 'cache', 'set')
    expect((await read('set.torrent')).files.map(({ path }) => path)).toEqual([['.DS_Store'], ['keep.txt']])
  })

  test('makes another info hash of the same files each time it is asked to', async () => {
    writeSet()
    const hashes = new Set<string>()
    for (let time = 0; time < 3; time++) {
      await tabseed('create', '-f', ...(time > 0 ? ['-x'] : []), 'set')
      hashes.add((await read('set.torrent')).infoHash)
    }
    expect(hashes.size).toBe(3)
  })

  test('takes several paths, and tells programs what it did', async () => {
    writeSet()
    const { code, stderr, stdout } = await tabseed('create', '--json', '-n', 'both', 'one.bin', 'set/deep')
    expect(code).toBe(0)
    const made = JSON.parse(stdout)
    const metainfo = await read('both.torrent')
    expect(made).toMatchObject({ output: at('both.torrent'), infoHash: metainfo.infoHash, files: 2 })
    expect(metainfo.files[1]?.path[0]).toBe('one.bin')
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ progress: {} })
  })

  test('overwrites nothing unless told, and finds out before hashing', async () => {
    writeTree(folder.path, { 'one.bin': 'x', 'one.bin.torrent': 'mine' })
    const refused = await tabseed('create', '--json', 'one.bin')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/^tabseed: .*one\.bin\.torrent is there already.*\n$/)
    expect(readFileSync(at('one.bin.torrent'), 'utf8')).toBe('mine')
    expect((await tabseed('create', '--force', 'one.bin')).code).toBe(0)
    expect((await read('one.bin.torrent')).name).toBe('one.bin')
    expect((await tabseed('create', '-o', 'nowhere/x.torrent', 'one.bin')).code).toBe(1)
    expect((await tabseed('create', '-o', '.', 'one.bin')).code).toBe(2)
  })

  test.each([
    ['an empty folder', () => mkdirSync(at('in')), 'nothing to publish'],
    ['only empty files', () => writeTree(folder.path, { 'in/a': '', 'in/b': '' }), 'nothing to publish'],
    ['nothing', () => {}, 'in: there is no such file'],
    ['a folder inside itself', () => mkdirWithLink('again', '.'), 'again: a link'],
    ['a link to nothing', () => mkdirWithLink('gone', 'x'), 'gone: there is no'],
    ['links in a circle', linkInCircle, 'in: there is no'],
    [
      'a name that is not UTF-8',
      () => {
        mkdirSync(at('in'))
        writeFileSync(Buffer.concat([Buffer.from(at('in/')), Buffer.from([0x61, 0xff])]), 'x')
      },
      'not UTF-8',
    ],
    [
      'a name that steers terminals',
      () => writeTree(folder.path, { 'in/\x1b[2Ja': 'x' }),
      'control character',
    ],
  ])('refuses %s in one line', async (_, prepare, words) => {
    prepare()
    const { code, stderr, stdout } = await tabseed('create', 'in')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^tabseed: \P{Cc}+\n$/u)
    expect(stderr).toContain(words)
    expect(existsSync(at('in.torrent'))).toBe(false)
  })

  test('leaves out what is no file, with a word', async () => {
    writeTree(folder.path, { 'in/a': 'a' })
    execFileSync('mkfifo', [at('in/pipe')])
    const { code, stderr } = await tabseed('create', 'in')
    expect(code).toBe(0)
    expect(stderr).toBe(`${at('in/pipe')}: no file or folder; left out\n`)
  })

  test.skipIf(process.getuid?.() === 0)('names a file that may not be read', async () => {
    writeTree(folder.path, { 'in/a': 'a', 'in/b': 'b' })
    chmodSync(at('in/b'), 0)
    const { code, stderr } = await tabseed('create', 'in')
    expect(code).toBe(1)
    expect(stderr).toContain(at('in/b'))
  })

  test('a file that goes while it is hashed is named', async () => {
    const file = { path: ['gone'], location: at('gone'), file: { size: 1000, modified: 0 } }
    await expect(hashFiles([file], 2 ** 14)).rejects.toMatchObject({
      code: 'file_unreadable',
      detail: at('gone'),
    })
  })

  test.each([
    ['grows', () => appendFileSync(at('big.bin'), 'more')],
    ['shrinks', () => truncateSync(at('big.bin'), 1000)],
    ['is another now', replaceBig],
  ])('a file that %s while it is hashed fails it', async (_, change) => {
    writeFileSync(at('big.bin'), '')
    truncateSync(at('big.bin'), SPARSE_BYTES)
    const running = startCli(folder.path, 'create', '--json', 'big.bin')
    await running.reached(1)
    change()
    const { code, stdout } = await running.ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'file_changed', detail: at('big.bin') } })
    expect(readdirSync(folder.path)).toEqual(['big.bin'])
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it and leaves nothing behind', async signal => {
    writeFileSync(at('big.bin'), '')
    truncateSync(at('big.bin'), SPARSE_BYTES)
    const running = startCli(folder.path, 'create', '--json', 'big.bin')
    await running.reached(1)
    running.kill(signal)
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cancelled' } })
    expect(readdirSync(folder.path)).toEqual(['big.bin'])
  })
})

describe('show', () => {
  test('tells all that a .torrent says, and nothing that steers a terminal', async () => {
    writeSet()
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
    writeSet()
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
    await using server = await startServer()
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
