import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileName } from '../../lib/storage/disk/disk-folder.ts'
import { openFileStore } from '../../server/node-engine/file-store.ts'
import { runCli } from '../support/clients/cli.ts'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { publishedContent, TestHostedShares } from '../support/content/hosted-shares.ts'
import { postTorrent } from '../support/content/shares.ts'
import { startApp, type TestApp } from '../support/server/app.ts'

const PIECE = 16 * 1024

const folder = tempFolder()
const hosted = new TestHostedShares(folder.path)
let server: TestApp
beforeAll(async () => {
  server = await startApp({}, { hosted })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** A share that this server has. */
async function held(name: string, content: Parameters<typeof publishedContent>[1]) {
  const published = await publishedContent(name, content, PIECE)
  await postTorrent(server.url, published.torrent)
  hosted.hold(published)
  return { ...published, link: `${server.url}/d/${published.metainfo.infoHash}` }
}

test('a checkpoint that came with somebody else’s files is not believed', async () => {
  using target = tempFolder()
  const content = noise(400 * PIECE, 11)
  const { link, metainfo } = await held('wanted.bin', content)
  const unfinished = join(target.path, '.tabseed')
  const store = await openFileStore(metainfo, [0], unfinished)
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    await store.write(piece, new Uint8Array(content.subarray(piece * PIECE, (piece + 1) * PIECE)))
  }
  await store.close()
  // The checkpoint says that all is there, and a sample of it would be right.
  const changed = Buffer.from(content)
  changed.fill(0, 200 * PIECE, 201 * PIECE)
  writeFileSync(join(unfinished, metainfo.infoHash, fileName(0)), changed)
  const { code, stderr } = await runCli(target.path, 'get', link)
  expect(code, stderr).toBe(0)
  expect(readFileSync(join(target.path, 'wanted.bin')).equals(Buffer.from(content))).toBe(true)
  expect(existsSync(unfinished)).toBe(false)
})

test.each(['.tabseed', '.TabSeed', '.tabseed-repair', '.tabseed. '])(
  'a share called %j is saved under another name, and so is a folder in one',
  async name => {
    using target = tempFolder()
    const { link } = await held(name, { 'a.txt': noise(10, 1), [`${name}/b.txt`]: noise(10, 2) })
    const { code, stderr, stdout } = await runCli(target.path, 'get', link, '--json')
    expect(code, stderr).toBe(0)
    const { files } = JSON.parse(stdout)
    for (const file of files) expect(file).not.toMatch(/[/]\.tabseed/i)
    expect(files).toContain(join(target.path, `_${name.slice(1)}`, 'a.txt'))
    expect(existsSync(files[1])).toBe(true)
  },
)

test('what a terminal would act on is escaped in JSON too', async () => {
  using target = tempFolder()
  const name = 'a\u009b31m\u202egpj\u007f.txt'
  const torrent = join(target.path, 'odd.torrent')
  const { metainfo, torrent: bytes } = await publishedContent('plain.txt', noise(10, 3))
  const at = Buffer.from(bytes).indexOf('plain.txt')
  const named = Buffer.concat([
    Buffer.from(bytes).subarray(0, at - 2),
    Buffer.from(`${Buffer.byteLength(name)}:${name}`),
    Buffer.from(bytes).subarray(at + 9),
  ])
  writeFileSync(torrent, named)
  const { code, stdout, stderr } = await runCli(target.path, 'show', torrent, '--json')
  expect(code, stderr).toBe(0)
  for (const text of [stdout, stderr]) expect(text).not.toMatch(/[\u007f-\u009f\u202a-\u202e]/)
  expect(JSON.stringify(JSON.parse(stdout))).toContain('gpj')
  expect(metainfo.name).toBe('plain.txt')
})
