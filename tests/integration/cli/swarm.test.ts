import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { aria2Download } from '../../support/clients/classic.ts'
import { runCli, startCli } from '../../support/clients/cli.ts'
import { noise, sha256File, sha256Tree, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { postTorrent } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const MB = 1_000_000

let server: TestApp
const folder = tempFolder()
const at = (...path: string[]) => join(folder.path, ...path)

beforeAll(async () => {
  server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0', TABSEED_SEEDER_BUDGET: '1MB' })
  writeTree(folder.path, {
    'one.bin': noise(20 * MB, 61),
    'set/a.txt': 'a',
    'set/empty': '',
    'set/b.bin': noise(3 * MB, 62),
    'set/deep/c.txt': 'c',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const start = (...args: string[]) => startCli(folder.path, ...args)
const tabseed = (...args: string[]) => runCli(folder.path, ...args)

/** A running `tabseed share` with its `.torrent` in `torrents/`. */
async function share(path: string) {
  const child = start('share', '--server', server.url, path)
  const link = await child.says(/^(http.+)\n/)
  const torrent = await (await fetch(`${server.url}/t/${link.slice(-40)}.torrent`)).bytes()
  writeTree(folder.path, { [`torrents/${path}.torrent`]: torrent })
  return {
    link,
    torrent: at('torrents', `${path}.torrent`),
    metainfo: await parseMetainfo(torrent),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT')
      await child.ended
    },
  }
}

const magnetOf = ({ infoHash }: Metainfo) =>
  formatMagnet({ infoHash, name: '', length: null, trackers: [server.announceUrl], source: null })

describe('get', () => {
  test('takes a magnet link that names trackers only', async () => {
    await using shared = await share('set')
    const { code, stderr } = await tabseed('get', '-o', 'by-magnet', magnetOf(shared.metainfo))
    expect(code, stderr).toBe(0)
    expect(sha256Tree(at('by-magnet/set'))).toEqual(sha256Tree(at('set')))
    expect(existsSync(at('by-magnet/.tabseed'))).toBe(false)
  })

  test('stops with code 3 when nobody has what a magnet link names', async () => {
    const magnet = `magnet:?xt=urn:btih:${'12'.repeat(20)}&tr=${encodeURIComponent(server.announceUrl)}`
    expect((await tabseed('get', '--idle-timeout', '2', magnet)).code).toBe(3)
  })

  test('fetches only the files that are named, and later the rest', async () => {
    await using shared = await share('set')
    const some = await tabseed('get', '-o', 'some', '--file', '*.txt', '--json', shared.link)
    expect(some.code, some.stderr).toBe(0)
    expect(JSON.parse(some.stdout).files).toEqual([at('some/set/a.txt'), at('some/set/deep/c.txt')])
    expect(existsSync(at('some/set/b.bin'))).toBe(false)
    // The number that `show` gives it.
    const listed = (await tabseed('show', shared.torrent)).stdout
    const number = /(\d+) +\S+ \S+ +b\.bin/.exec(listed)?.[1] ?? ''
    expect((await tabseed('get', '-o', 'some', '-f', number, shared.link)).code).toBe(0)
    expect(sha256File(at('some/set/b.bin'))).toBe(sha256File(at('set/b.bin')))

    // What is there is checked, and the rest fetched. It was refused once, with exit code 2.
    const rest = await tabseed('get', '-o', 'some', shared.link)
    expect(rest.code, rest.stderr).toBe(0)
    expect(sha256Tree(at('some/set'))).toEqual(sha256Tree(at('set')))
    expect((await tabseed('get', '-o', 'some', shared.link)).code).toBe(0)
    expect((await tabseed('get', '-f', 'nothing*', shared.link)).code).toBe(2)
  })

  test('leaves what is in its place and differs as it is, unless it is told what to do', async () => {
    await using shared = await share('set')
    expect((await tabseed('get', '-o', 'taken', shared.link)).code).toBe(0)
    const place = at('taken/set/a.txt')
    for (const [what, put] of [
      ['other bytes', () => writeFileSync(place, 'mine')],
      ['a folder', () => mkdirSync(place)],
      ['a link to nothing', () => symlinkSync('nowhere', place)],
    ] as const) {
      rmSync(place, { recursive: true, force: true })
      put()
      const { code, stderr } = await tabseed('get', '-o', 'taken', shared.link)
      expect(code, what).toBe(1)
      expect(stderr).toContain(place)
      expect(stderr).toContain('--overwrite')
    }
    rmSync(place)
    writeFileSync(place, 'mine')
    const overwritten = await tabseed('get', '--overwrite', '-o', 'taken', shared.link)
    expect(overwritten.code, overwritten.stderr).toBe(0)
    expect(sha256Tree(at('taken/set'))).toEqual(sha256Tree(at('set')))

    writeFileSync(place, 'mine again')
    const repaired = await tabseed('get', '--repair', '-o', 'taken', shared.link)
    expect(repaired.code, repaired.stderr).toBe(0)
    expect(sha256Tree(at('taken/set'))).toEqual(sha256Tree(at('set')))
  })

  test('gives to others as long as it is told, from the place where it saved', { tags: 'long' }, async () => {
    await using shared = await share('one.bin')
    const getter = start('get', '--json', '-o', 'gives', '--seed-time', '1h', shared.link)
    await getter.reached(20 * MB)
    await using _ = { [Symbol.asyncDispose]: shared[Symbol.asyncDispose] }
    await expect.poll(() => existsSync(at('gives/one.bin')), { timeout: 20_000 }).toBe(true)
    await shared[Symbol.asyncDispose]()
    expect((await tabseed('get', '-o', 'second-hand', shared.link)).code).toBe(0)
    getter.kill('SIGINT')
    const { code, stderr } = await getter.ended
    expect(code).toBe(130)
    expect(stderr).toContain('"step":"seeding"')
    expect(sha256File(at('second-hand/one.bin'))).toBe(sha256File(at('one.bin')))
  })

  test('gives programs and times back that were written on request', async () => {
    writeTree(folder.path, { 'kit/run.sh': '#!/bin/sh', 'kit/notes.txt': 'notes' })
    chmodSync(at('kit/run.sh'), 0o755)
    utimesSync(at('kit/notes.txt'), 1_000_000_001, 1_000_000_001)
    const made = await tabseed('create', '--attributes', '-a', server.announceUrl, '-o', 'kit.torrent', 'kit')
    expect(made.code, made.stderr).toBe(0)
    const torrent = new Uint8Array(readFileSync(at('kit.torrent')))
    expect((await postTorrent(server.url, torrent)).status).toBe(201)
    const seeder = start('seed', 'kit', '--torrent', 'kit.torrent')
    await seeder.says(/^(magnet:.+)\n/)
    const got = await tabseed('get', '--idle-timeout', '30', '-o', 'got-kit', 'kit.torrent')
    seeder.kill('SIGINT')
    await seeder.ended
    expect(got.code, got.stderr).toBe(0)
    expect(statSync(at('got-kit/kit/run.sh')).mode & 0o777).toBe(0o755)
    expect(statSync(at('got-kit/kit/notes.txt')).mode & 0o111).toBe(0)
    expect(statSync(at('got-kit/kit/notes.txt')).mtimeMs).toBe(1_000_000_001_000)
  })

  test('finishes a move that was interrupted', async () => {
    await using shared = await share('set')
    expect((await tabseed('get', '-o', 'moved', shared.link)).code).toBe(0)
    // As a kill leaves it between two of the files.
    const { infoHash, files } = shared.metainfo
    const index = files.findIndex(({ path }) => path.join('/') === 'b.bin')
    mkdirSync(at('moved/.tabseed', infoHash), { recursive: true })
    renameSync(at('moved/set/b.bin'), at('moved/.tabseed', infoHash, String(index)))
    writeFileSync(at(`moved/.tabseed/${infoHash}.leaving`), JSON.stringify([...files.keys()]))
    expect((await tabseed('get', '-o', 'moved', shared.link)).code).toBe(0)
    expect(sha256Tree(at('moved/set'))).toEqual(sha256Tree(at('set')))
    expect(existsSync(at('moved/.tabseed'))).toBe(false)
  })
})

describe('seed', () => {
  test('gives files of a .torrent to browsers and classic clients, at its trackers', async () => {
    const shared = await share('one.bin')
    await shared[Symbol.asyncDispose]()
    const seeder = start('seed', 'one.bin', '--torrent', shared.torrent)
    await seeder.says(/^(magnet:.+)\n/)
    expect((await tabseed('get', '--idle-timeout', '30', '-o', 'from-seed', shared.link)).code).toBe(0)
    await aria2Download(`${server.url}/t/${shared.metainfo.infoHash}.torrent`, at('from-seed-aria2'))
    seeder.kill('SIGINT')
    expect((await seeder.ended).code).toBe(130)
    expect(sha256File(at('from-seed/one.bin'))).toBe(sha256File(at('one.bin')))
    expect(sha256File(at('from-seed-aria2/one.bin'))).toBe(sha256File(at('one.bin')))
  })

  test('refuses what is not whole, or has no tracker', async () => {
    await using shared = await share('set')
    writeTree(folder.path, { 'broken/set/a.txt': 'a', 'broken/set/b.bin': noise(3 * MB, 63) })
    const broken = await tabseed('seed', 'broken', '--torrent', shared.torrent)
    expect(broken.code).toBe(1)
    expect(broken.stderr).toContain('repair')
    expect((await tabseed('seed', 'one.bin')).code).toBe(2)
    expect((await tabseed('seed', 'one.bin', '-a', 'ftp://x/')).code).toBe(2)
  })

  test('ends when it was long enough', async () => {
    const { code, stdout } = await tabseed('seed', 'one.bin', '-a', server.announceUrl, '--seed-time', '1s')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^magnet:/)
  })
})

/** A copy of the set with a flipped byte, a missing file, a short one and a long one; bad bytes are a few pieces. */
function damage(place: string): void {
  const bytes = readFileSync(at('set/b.bin'))
  bytes[1_500_000] = 255 - (bytes[1_500_000] ?? 0)
  writeTree(folder.path, {
    [`${place}/set/b.bin`]: bytes,
    [`${place}/set/empty`]: 'not empty',
    [`${place}/set/deep/c.txt`]: '',
  })
}

describe('repair', () => {
  test('fetches only what is bad or missing, and mends the files where they lie', async () => {
    await using shared = await share('set')
    damage('hurt')
    const { code, stdout, stderr } = await tabseed('repair', 'hurt/set', '-t', shared.torrent, '--json')
    expect(code, stderr).toBe(0)
    const report = JSON.parse(stdout)
    expect(report.whole).toBe(true)
    // The piece with the flipped byte, and the first and last, which hold the small files.
    expect(report.fetched).toBeLessThanOrEqual(4 * shared.metainfo.pieceLength)
    expect(sha256Tree(at('hurt/set'))).toEqual(sha256Tree(at('set')))
    expect(existsSync(at('hurt/.tabseed-repair'))).toBe(false)
  })

  test('needs nobody for what is only too long, and says when all is well', async () => {
    const shared = await share('one.bin')
    await shared[Symbol.asyncDispose]()
    writeTree(folder.path, { 'long/one.bin': Buffer.concat([readFileSync(at('one.bin')), noise(5000, 1)]) })
    expect((await tabseed('repair', 'long/one.bin', '-t', shared.torrent)).code).toBe(0)
    expect(sha256File(at('long/one.bin'))).toBe(sha256File(at('one.bin')))
    const { code, stdout } = await tabseed('repair', 'long', '--json', '-t', shared.link)
    expect([code, JSON.parse(stdout).fetched]).toEqual([0, 0])
  })

  test('goes on where it was killed, and never makes anything worse', async () => {
    await using shared = await share('one.bin')
    writeTree(folder.path, { 'killed/one.bin': readFileSync(at('one.bin')) })
    truncateSync(at('killed/one.bin'), 8 * MB)
    const args = ['repair', 'killed/one.bin', '-t', shared.torrent, '--json']
    const first = start(...args, '--download-limit', '3MB')
    await first.reached(13 * MB)
    first.kill('SIGKILL')
    await first.ended
    expect(readFileSync(at('killed/one.bin')).equals(readFileSync(at('one.bin')).subarray(0, 8 * MB))).toBe(
      true,
    )
    const { code, stdout } = await tabseed(...args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout).fetched).toBeLessThan(10 * MB)
    expect(sha256File(at('killed/one.bin'))).toBe(sha256File(at('one.bin')))
  })

  test('leaves alone what is something else altogether', { tags: 'long' }, async () => {
    await using shared = await share('one.bin')
    writeTree(folder.path, { 'other/one.bin': noise(2 * MB, 64) })
    const before = sha256File(at('other/one.bin'))
    const refused = await tabseed('repair', 'other/one.bin', '-t', shared.torrent, '--json')
    expect(refused.code).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('copy_unrelated')
    expect(sha256File(at('other/one.bin'))).toBe(before)
    expect((await tabseed('repair', '--force', 'other/one.bin', '-t', shared.torrent)).code).toBe(0)
    expect(sha256File(at('other/one.bin'))).toBe(sha256File(at('one.bin')))
  })

  test('stops with code 3 when nobody has the pieces', async () => {
    const shared = await share('set')
    await shared[Symbol.asyncDispose]()
    damage('alone')
    const { code } = await tabseed('repair', 'alone/set', '-t', shared.torrent, '--idle-timeout', '2')
    expect(code).toBe(3)
    rmSync(at('alone'), { recursive: true })
  })
})

test('share --keep-alive says why the server will not keep it', async () => {
  writeTree(folder.path, { 'too-big.bin': noise(2 * MB, 65) })
  const { code, stderr } = await tabseed('share', '--keep-alive', '--server', server.url, 'too-big.bin')
  expect(code).toBe(1)
  expect(stderr).toContain('no space left for this share')
})
