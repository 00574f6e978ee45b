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
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { hashFiles } from '../../../server/node-engine/hashing/hash-files.ts'
import { LAUNCHER, runCli, startCli, startCommand, writeHuge, writeSet } from '../../support/clients/cli.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder[Symbol.dispose]())

const at = (...path: string[]) => join(folder.path, ...path)
const tabseed = (...args: string[]) => runCli(folder.path, ...args)
/** Runs what follows without root's right to read every file; for others it changes nothing. */
const AS_ORDINARY_USER: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : ['env']
const read = (name: string) => parseMetainfo(readFileSync(at(name)))
const mktorrent = (...args: string[]) =>
  execFileSync('mktorrent', args, { cwd: folder.path, stdio: 'ignore' })

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
    writeSet(folder.path)
    mktorrent('-o', 'theirs.torrent', ...options)
    const made = await tabseed('create', '--follow-links', '-o', 'ours.torrent', ...options)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const [theirs, ours] = [await read('theirs.torrent'), await read('ours.torrent')]
    expect(ours.infoHash).toBe(theirs.infoHash)
  })

  test('writes around the files what mktorrent writes', async () => {
    writeSet(folder.path)
    const options = ['-a', 'http://a.example/1,http://a.example/2', '-a', 'udp://b.example:3', '-c', 'ünï']
    const webSeeds = ['-w', 'http://w.example/1,http://w.example/2', '-w', 'http://w.example/3']
    for (const more of [[], ['-d']]) {
      mktorrent('-o', 'theirs.torrent', ...options, ...webSeeds, ...more, 'set')
      const made = await tabseed(
        'create',
        '--follow-links',
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
    writeSet(folder.path)
    const hashes = new Set<string>()
    for (let time = 0; time < 3; time++) {
      await tabseed('create', '-f', ...(time > 0 ? ['-x'] : []), 'set')
      hashes.add((await read('set.torrent')).infoHash)
    }
    expect(hashes.size).toBe(3)
  })

  test('takes several paths, and tells programs what it did', async () => {
    writeSet(folder.path)
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
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'usage' } })
    expect(refused.stderr).toMatch(/^tabseed: .*one\.bin\.torrent exists already.*\n$/)
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
    ['links in a circle', linkInCircle, 'in: there is no'],
    ['a link to nothing', () => symlinkSync('nowhere', at('in')), 'in: there is no'],
  ])('refuses %s in one line', async (_, prepare, words) => {
    prepare()
    const { code, stderr, stdout } = await tabseed('create', 'in')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^tabseed: \P{Cc}+\n$/u)
    expect(stderr).toContain(words)
    expect(existsSync(at('in.torrent'))).toBe(false)
  })

  const leftOut = [
    ['a pipe', () => execFileSync('mkfifo', [at('in/odd')]), 'odd', 'special'],
    ['a link out of the folder', () => symlinkSync('../secret', at('in/odd')), 'odd', 'link'],
    ['a link to a file beside it', () => symlinkSync('a', at('in/odd')), 'odd', 'link'],
    ['a link to nothing', () => symlinkSync('nowhere', at('in/.#lock')), '.#lock', 'link'],
    ['a folder inside itself', () => symlinkSync('.', at('in/odd')), 'odd', 'link'],
    ['a file that may not be read', () => writeFileSync(at('in/odd'), 'x', { mode: 0 }), 'odd', 'closed'],
    ['a folder that may not be read', () => mkdirSync(at('in/odd'), { mode: 0 }), 'odd', 'closed'],
    [
      'a folder that may be listed but not entered',
      () => {
        writeTree(folder.path, { 'in/odd/inside': 'x' })
        chmodSync(at('in/odd'), 0o444)
      },
      'odd/inside',
      'closed',
    ],
    [
      'a name that is not UTF-8',
      () => writeFileSync(Buffer.concat([Buffer.from(at('in/odd')), Buffer.from([0xff])]), 'x'),
      'odd\ufffd',
      'not-utf8',
    ],
  ] as const
  test.each(leftOut)('leaves out %s, with a line, and takes the rest', async (_, prepare, name, reason) => {
    writeTree(folder.path, { 'in/a': 'a', 'in/deep/b': 'b', 'secret/id_rsa': 'key' })
    prepare()
    const create = [...AS_ORDINARY_USER, process.execPath, LAUNCHER, 'create', '-d', 'in'] as const
    const { code, stderr } = await startCommand(folder.path, create).ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/^.*; left out.*\n$/)
    expect(stderr.startsWith(`${at('in', name)}: `)).toBe(true)
    expect((await read('in.torrent')).files.map(({ path }) => path)).toEqual([['a'], ['deep', 'b']])

    const told = await startCommand(folder.path, [...create, '--force', '--json']).ended
    expect(JSON.parse(told.stdout)).toMatchObject({ files: 2, leftOut: [{ path: at('in', name), reason }] })
  })

  test('renames what no .torrent can have, with a line each, and takes the rest', async () => {
    writeTree(folder.path, { 'in/good': 'g', 'in/a\\b.txt': 'x', 'in/\x1b[2Ja': 'x' })
    const { code, stderr } = await tabseed('create', 'in')
    expect(code).toBe(0)
    expect(stderr.trim().split('\n').sort()).toEqual([
      'in/a\\b.txt: no .torrent can have this name; in it as in/a_b.txt',
      'in/\ufffd[2Ja: no .torrent can have this name; in it as in/_[2Ja',
    ])
    const paths = (await read('in.torrent')).files.map(({ path }) => path.join('/'))
    expect(paths).toEqual(['_[2Ja', 'a_b.txt', 'good'])
    const told = JSON.parse((await tabseed('create', '-f', '--json', 'in')).stdout)
    expect(told.renamed).toHaveLength(2)
  })

  test('follows links when asked to, but not in circles and not to nothing', async () => {
    writeTree(folder.path, { 'in/a': 'a', 'in/deep/b': 'b', 'secret/key': 'key' })
    symlinkSync('../secret', at('in/more'))
    symlinkSync('..', at('in/deep/up'))
    symlinkSync('itself', at('in/itself'))
    symlinkSync('nowhere', at('in/gone'))
    const { code, stdout, stderr } = await tabseed('create', '--follow-links', 'in')
    expect({ code, stdout: stdout.split('\n')[0] }).toEqual({ code: 0, stdout: at('in.torrent') })
    expect(stderr.trim().split('\n').sort()).toEqual([
      `${at('in/deep/up')}: a link to a folder that contains it; left out`,
      `${at('in/gone')}: a link that leads nowhere; left out`,
      `${at('in/itself')}: a link that leads nowhere; left out`,
    ])
    const paths = (await read('in.torrent')).files.map(({ path }) => path.join('/'))
    expect(paths).toEqual(['a', 'deep/b', 'more/key'])
  })

  test('takes a link that is named itself, and a path that is named twice once', async () => {
    writeTree(folder.path, { 'real/a': 'a', b: 'b' })
    symlinkSync('real', at('in'))
    expect((await tabseed('create', 'in', 'b', 'in/', './b')).code).toBe(0)
    const paths = (await read('files.torrent')).files.map(({ path }) => path.join('/'))
    expect(paths).toEqual(['b', 'in/a'])
  })

  test('refuses a path that may not be read, in one line', async () => {
    writeFileSync(at('shut'), 'x', { mode: 0 })
    writeTree(folder.path, { a: 'a' })
    const create = [...AS_ORDINARY_USER, process.execPath, LAUNCHER, 'create', 'a', 'shut'] as const
    const { code, stderr } = await startCommand(folder.path, create).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^tabseed: [^\n]*shut[^\n]*EACCES[^\n]*\n$/)
  })

  test('a file that goes while it is hashed is named', async () => {
    const file = {
      path: ['gone'],
      location: at('gone'),
      file: { size: 1000, modified: 0, inode: 0, executable: false },
    }
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
    writeHuge(at('big.bin'))
    const running = startCli(folder.path, 'create', '--json', 'big.bin')
    await running.reached(1)
    change()
    const { code, stdout } = await running.ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'file_changed', detail: at('big.bin') } })
    expect(readdirSync(folder.path)).toEqual(['big.bin'])
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it and leaves nothing behind', async signal => {
    writeHuge(at('big.bin'))
    const running = startCli(folder.path, 'create', '--json', 'big.bin')
    await running.reached(1)
    running.kill(signal)
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cancelled' } })
    expect(readdirSync(folder.path)).toEqual(['big.bin'])
  })
})
