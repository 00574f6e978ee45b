import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseMetainfo } from '../../lib/torrent/metainfo.ts'
import { noise, sha256File, sha256Tree, tempFolder, writeTree } from '../support/fixtures.ts'
import { startServer, type TestServer } from '../support/test-server.ts'

const LAUNCHER = join(import.meta.dirname, '../../server/cli/tabseed.js')

let server: TestServer
const folder = tempFolder()

beforeAll(async () => {
  server = await startServer(['--seeder', 'on', '--seeder-port', '0'])
  writeTree(folder.path, {
    'one.bin': noise(20_000_000, 51),
    'set/a.txt': 'a',
    'set/empty': '',
    'set/deep/ünïcode – b.bin': noise(700_000, 52),
  })
})
afterAll(async () => {
  await server?.stop()
  folder[Symbol.dispose]()
})

/** `tabseed` with `args`, in the test's folder. */
function start(...args: string[]) {
  return spawn(process.execPath, [LAUNCHER, ...args], { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function tabseed(...args: string[]) {
  const child = start(...args)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { code, stdout, stderr }
}

/** A running `tabseed share`, once it has printed its link. */
async function share(path: string) {
  const child = start('share', '--server', server.url, path)
  const [line] = await once(child.stdout, 'data')
  return {
    link: String(line).trim(),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}

describe('create and show', () => {
  test('make the info hash of mktorrent, with its options', async () => {
    const options = ['-l', '18', '-p', '-a', 'http://a.example/announce', '-a', 'http://b.example/announce']
    execFileSync('mktorrent', [...options, '-o', 'theirs.torrent', 'set'], {
      cwd: folder.path,
      stdio: 'ignore',
    })
    expect((await tabseed('create', ...options, '-o', 'ours.torrent', 'set')).code).toBe(0)
    const [theirs, ours] = await Promise.all(
      ['theirs', 'ours'].map(name => parseMetainfo(readFileSync(join(folder.path, `${name}.torrent`)))),
    )
    expect(ours?.infoHash).toBe(theirs?.infoHash)
    expect(ours?.announceList).toEqual([['http://a.example/announce'], ['http://b.example/announce']])
    const { stdout } = await tabseed('show', '--json', 'ours.torrent')
    expect(JSON.parse(stdout)).toMatchObject({ infoHash: ours?.infoHash, private: true })
  })

  test('overwrite nothing unless told', async () => {
    writeTree(folder.path, { 'one.bin.torrent': 'mine' })
    const refused = await tabseed('create', 'one.bin')
    expect(refused.code).toBe(2)
    expect(readFileSync(join(folder.path, 'one.bin.torrent'), 'utf8')).toBe('mine')
    expect((await tabseed('create', '--force', 'one.bin')).code).toBe(0)
  })

  test('say in one line what is wrong', async () => {
    for (const args of [['create'], ['create', '--nope', 'set'], ['nothing'], ['get', 'a', 'b']]) {
      const { code, stderr } = await tabseed(...args)
      expect(code, args.join(' ')).toBe(2)
      expect(stderr).toMatch(/^tabseed: .+; see tabseed .*--help\n$/)
    }
    const missing = await tabseed('show', 'missing.torrent')
    expect(missing.code).toBe(1)
    expect(missing.stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('share and get', () => {
  test('carry a folder from one shell to another', async () => {
    await using shared = await share('set')
    const { code, stdout } = await tabseed('get', '-o', 'got', shared.link)
    expect(code).toBe(0)
    expect(stdout.trim()).toBe(join(folder.path, 'got/set'))
    expect(sha256Tree(join(folder.path, 'got/set'))).toEqual(sha256Tree(join(folder.path, 'set')))
    expect(existsSync(join(folder.path, 'got/set/.tabseed'))).toBe(false)
  })

  test('go on where a get was interrupted', async () => {
    await using shared = await share('one.bin')
    const first = start('get', '-o', 'slow', '--download-limit', '2000000', shared.link)
    // Enough for some pieces.
    await once(first.stderr, 'data')
    await new Promise(resolve => setTimeout(resolve, 3000))
    first.kill('SIGINT')
    expect((await once(first, 'exit'))[0]).toBe(130)
    expect(existsSync(join(folder.path, 'slow/one.bin'))).toBe(false)
    expect((await tabseed('get', '-o', 'slow', shared.link)).code).toBe(0)
    expect(sha256File(join(folder.path, 'slow/one.bin'))).toBe(sha256File(join(folder.path, 'one.bin')))
  })

  test('hand over to the server, which then has it all', async () => {
    writeTree(folder.path, { 'kept.bin': noise(5_000_000, 53) })
    const { code, stdout } = await tabseed('share', '--keep-alive', '--server', server.url, 'kept.bin')
    expect(code).toBe(0)
    expect((await tabseed('get', '-o', 'from-server', stdout.trim())).code).toBe(0)
    expect(sha256File(join(folder.path, 'from-server/kept.bin'))).toBe(
      sha256File(join(folder.path, 'kept.bin')),
    )
  })

  test('stop with code 3 when nobody has it', async () => {
    writeTree(folder.path, { 'lone.bin': noise(100_000, 54) })
    const shared = await share('lone.bin')
    await shared[Symbol.asyncDispose]()
    const { code } = await tabseed('get', '--idle-timeout', '2', '-o', 'nobody', shared.link)
    expect(code).toBe(3)
  })
})
