import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { findFiles } from '../../../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../../../server/node-engine/hashing/make-torrent.ts'
import { aria2Download } from '../../support/clients/classic.ts'
import { noise, sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

/** Files must be quiet for ten seconds, and deletions certain for thirty. */
const LIMIT = { timeout: 90_000, interval: 50 }
/** Those of the server are 10 s, 30 s and half a second. */
const TIMES = { settled: 300, certain: 600, interval: 50 }

let folder: ReturnType<typeof tempFolder>
const data = tempFolder()
const publish = join(data.path, 'publish')
let server: TestApp

beforeAll(async () => {
  mkdirSync(publish)
  server = await start()
})
beforeEach(() => {
  folder = tempFolder()
  return () => {
    for (const name of readdirSync(publish)) rmSync(join(publish, name), { recursive: true })
    folder[Symbol.dispose]()
  }
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  data[Symbol.dispose]()
})

const start = () =>
  startApp(
    {
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: '0',
      TABSEED_PUBLISH_DIR: publish,
      TABSEED_DATA: join(data.path, 'data'),
    },
    { watchTimes: TIMES },
  )

/** Info hash of what lies at `path`, made by mktorrent. */
async function infoHashOf(path: string): Promise<string> {
  const { files } = await findFiles(path)
  return (await makeTorrent(files)).metainfo.infoHash
}

const status = async (infoHash: string) => (await fetch(`${server.url}/api/shares/${infoHash}`)).status
const published = (infoHash: string, is = true) =>
  vi.waitFor(async () => expect(await status(infoHash)).toBe(is ? 200 : 404), LIMIT)

test('files and folders put there are published, seeded, served by HTTP, and taken back', async () => {
  writeTree(publish, {
    'image.iso': noise(3_000_000, 41),
    'set/a.txt': 'a',
    'set/deep/b.bin': noise(100_000, 42),
  })
  const image = await infoHashOf(join(publish, 'image.iso'))
  const set = await infoHashOf(join(publish, 'set'))
  await published(image)
  await published(set)
  await aria2Download(`${server.url}/t/${image}.torrent`, join(folder.path, 'aria2'))
  expect(sha256File(join(folder.path, 'aria2/image.iso'))).toBe(sha256File(join(publish, 'image.iso')))
  const part = await fetch(`${server.url}/w/${set}/set/deep/b.bin`, { headers: { range: 'bytes=10-19' } })
  expect(part.status).toBe(206)
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(noise(100_000, 42).slice(10, 20))

  rmSync(join(publish, 'set'), { recursive: true })
  await published(set, false)
  expect((await fetch(`${server.url}/w/${set}/set/a.txt`)).status).toBe(404)
  expect(await status(image)).toBe(200)
})

test('a file that changes becomes another share, and the old one ends', async () => {
  const path = join(publish, 'notes.txt')
  writeFileSync(path, 'first')
  const first = await infoHashOf(path)
  await published(first)
  writeFileSync(`${path}.tmp`, 'second')
  renameSync(`${path}.tmp`, path)
  await published(await infoHashOf(path))
  await published(first, false)
})

test('links that lead out of the folder are not followed', async () => {
  writeTree(folder.path, { 'secret/key.txt': 'secret' })
  symlinkSync(join(folder.path, 'secret'), join(publish, 'link'))
  writeTree(publish, { 'open/a.txt': 'a' })
  symlinkSync(join(folder.path, 'secret/key.txt'), join(publish, 'open/key.txt'))
  symlinkSync(join(publish, 'open'), join(publish, 'open/again'))
  const only = join(folder.path, 'only/open')
  writeTree(only, { 'a.txt': 'a' })
  await published(await infoHashOf(only))
  expect(await status(await infoHashOf(join(folder.path, 'secret')))).toBe(404)
})

test('a .torrent is published, and its content fetched from who has it', async () => {
  const content = join(folder.path, 'elsewhere.bin')
  writeFileSync(content, noise(200_000, 43))
  execFileSync('mktorrent', ['-o', join(publish, 'elsewhere.torrent'), content], { stdio: 'ignore' })
  const { infoHash } = await parseMetainfo(readFileSync(join(publish, 'elsewhere.torrent')))
  await published(infoHash)
  const kept = async () => (await fetch(`${server.url}/api/shares/${infoHash}/kept`)).json()
  await vi.waitFor(async () => expect(await kept()).toMatchObject({ asked: true, kept: 'no' }), LIMIT)
})

test('a .torrent whose content lies beside it is seeded from there, under its own link, after a restart too', async () => {
  writeTree(publish, { 'set/a.bin': noise(300_000, 45), 'set/deep/b.bin': noise(100_000, 46) })
  // Another piece length than ours, so that the info hash tells which torrent it is.
  execFileSync('mktorrent', ['-l', '17', '-o', join(publish, 'set.torrent'), join(publish, 'set')], {
    stdio: 'ignore',
  })
  const { infoHash } = await parseMetainfo(readFileSync(join(publish, 'set.torrent')))
  const served = () =>
    vi.waitFor(async () => {
      const part = await fetch(`${server.url}/w/${infoHash}/set/deep/b.bin`)
      expect(part.status).toBe(200)
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(noise(100_000, 46))
    }, LIMIT)
  await served()
  await aria2Download(`${server.url}/t/${infoHash}.torrent`, join(folder.path, 'aria2'))
  expect(sha256File(join(folder.path, 'aria2/set/a.bin'))).toBe(sha256File(join(publish, 'set/a.bin')))
  expect(existsSync(join(data.path, 'data/seeder', infoHash))).toBe(false)
  const alone = await infoHashOf(join(publish, 'set'))
  expect(await status(alone)).toBe(404)

  await server.stop()
  server = await start()
  await served()
  expect(server.log()).not.toContain('published from the publish folder')

  rmSync(join(publish, 'set.torrent'))
  await published(infoHash, false)
  await published(alone)
})

test('a .torrent is of what lies beside it, if a Mac has decomposed its names', async () => {
  writeTree(publish, { 'Büro/Übersicht.bin': noise(100_000, 47) })
  execFileSync('mktorrent', ['-l', '17', '-o', join(folder.path, 'of.torrent'), join(publish, 'Büro')], {
    stdio: 'ignore',
  })
  const torrent = readFileSync(join(folder.path, 'of.torrent'))
  const { infoHash } = await parseMetainfo(torrent)
  const [path = ''] = ['Büro/Übersicht.bin'].map(name => name.normalize('NFD'))
  rmSync(join(publish, 'Büro'), { recursive: true })
  writeTree(publish, { [path]: noise(100_000, 47), 'of.torrent': torrent })
  await vi.waitFor(async () => {
    const file = await fetch(`${server.url}/w/${infoHash}/Büro/Übersicht.bin`)
    expect(file.status).toBe(200)
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(noise(100_000, 47))
  }, LIMIT)
  expect(existsSync(join(data.path, 'data/seeder', infoHash))).toBe(false)
})

test('a .torrent beside something else of its name is fetched, and the other published by itself', async () => {
  const content = join(folder.path, 'two.bin')
  writeFileSync(content, noise(200_000, 47))
  writeFileSync(join(publish, 'two.bin'), noise(200_000, 48))
  execFileSync('mktorrent', ['-o', join(publish, 'two.torrent'), content], { stdio: 'ignore' })
  const { infoHash } = await parseMetainfo(readFileSync(join(publish, 'two.torrent')))
  await published(infoHash)
  await published(await infoHashOf(join(publish, 'two.bin')))
  const kept = async () => (await fetch(`${server.url}/api/shares/${infoHash}/kept`)).json()
  await vi.waitFor(async () => expect(await kept()).toMatchObject({ asked: true, kept: 'no' }), LIMIT)

  // Then the right one comes: the link stays, and nothing is fetched.
  rmSync(join(publish, 'two.bin'))
  writeFileSync(join(publish, 'two.bin'), noise(200_000, 47))
  await vi.waitFor(async () => expect(await kept()).toMatchObject({ kept: 'yes', have: 200_000 }), LIMIT)
  expect(await status(infoHash)).toBe(200)
})

test('a .torrent of what was published before is the same share, which stays when the .torrent goes', async () => {
  const path = join(publish, 'three.bin')
  writeFileSync(path, noise(100_000, 49))
  const { metainfo, torrent } = await makeTorrent((await findFiles(path)).files)
  const log = () =>
    server.log().match(new RegExp(`${metainfo.infoHash}.*published from the publish folder`, 'g'))
  await vi.waitFor(() => expect(log()).toHaveLength(1), LIMIT)
  writeFileSync(join(publish, 'three.torrent'), torrent)
  await vi.waitFor(() => expect(log()).toHaveLength(2), LIMIT)
  rmSync(join(publish, 'three.torrent'))
  writeFileSync(join(publish, 'later.bin'), 'later')
  await published(await infoHashOf(join(publish, 'later.bin')))
  expect((await fetch(`${server.url}/w/${metainfo.infoHash}/three.bin`)).status).toBe(200)
  rmSync(path)
  await published(metainfo.infoHash, false)
})

test('after a restart everything is seeded again, and nothing is hashed or published anew', async () => {
  writeTree(publish, { 'image.iso': noise(3_000_000, 44) })
  const image = await infoHashOf(join(publish, 'image.iso'))
  await published(image)
  await vi.waitFor(
    () => expect(server.log()).toMatch(new RegExp(`${image}.*published from the publish folder`)),
    LIMIT,
  )
  await server.stop()
  server = await start()
  await vi.waitFor(async () => {
    const part = await fetch(`${server.url}/w/${image}/image.iso`, { headers: { range: 'bytes=0-9' } })
    expect(part.status).toBe(206)
  }, LIMIT)
  await aria2Download(`${server.url}/t/${image}.torrent`, join(folder.path, 'aria2'))
  expect(sha256File(join(folder.path, 'aria2/image.iso'))).toBe(sha256File(join(publish, 'image.iso')))
  expect(server.log()).not.toContain('published from the publish folder')
})
