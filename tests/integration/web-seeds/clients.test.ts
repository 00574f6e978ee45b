import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { aria2Download, transmissionDownload } from '../../support/clients/classic.ts'
import { noise, sha256File, sha256Tree, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { type Published, publishedContent, TestHostedShares } from '../../support/content/hosted-shares.ts'
import { postTorrent } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const run = promisify(execFile)

const folder = tempFolder()
const hosted = new TestHostedShares(join(folder.path, 'held'))
let server: TestApp
beforeAll(async () => {
  server = await startApp({}, { hosted })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Publish and hold `published`; nobody but the web seed has it. */
async function serve(published: Published) {
  hosted.hold(published)
  const answer = await postTorrent(server.url, published.torrent)
  return createdShareSchema.parse(await answer.json()).share
}

describe('by the .torrent and our web seed alone', () => {
  test.each([
    ['aria2c', aria2Download],
    ['transmission-cli', transmissionDownload],
  ])('%s downloads a folder with names that need care', async (client, download) => {
    const files = {
      'a b.bin': noise(300_000, 1),
      // No `?`, for which Transmission asks for `_`.
      'ünï/100%25 & #.bin': noise(70_000, 2),
      "ünï/it's +[1];=.bin": noise(5, 3),
      'ünï/100%.txt': noise(20_000, 4),
    }
    const share = await serve(await publishedContent('Ördner 1', files))
    const into = join(folder.path, client)
    await download(share.links.torrent, into)
    const expected = join(folder.path, 'expected')
    writeTree(join(expected, 'Ördner 1'), files)
    expect(sha256Tree(join(into, 'Ördner 1'))).toEqual(sha256Tree(join(expected, 'Ördner 1')))
  })

  test('aria2c downloads one large file', async () => {
    const bytes = noise(20_000_000)
    const share = await serve(await publishedContent('big one.bin', bytes))
    const into = join(folder.path, 'one')
    await aria2Download(share.links.torrent, into)
    writeTree(folder.path, { expected_file: bytes })
    expect(sha256File(join(into, 'big one.bin'))).toBe(sha256File(join(folder.path, 'expected_file')))
  })
})

test('curl goes on where a download stopped, and leaves a whole one as it is', async () => {
  const bytes = noise(1_000_000)
  const share = await serve(await publishedContent('resume.bin', bytes))
  const path = join(folder.path, 'resumed.bin')
  writeTree(folder.path, { 'resumed.bin': bytes.subarray(0, 400_000), 'expected.bin': bytes })
  const curl = () =>
    run('curl', ['-fsSL', '-C', '-', '-o', path, '-w', '%{size_download}', `${share.webSeeds[0]}resume.bin`])
  expect((await curl()).stdout).toBe('600000')
  // Some versions call the 416 that follows a failure.
  await curl().catch(() => undefined)
  expect(sha256File(path)).toBe(sha256File(join(folder.path, 'expected.bin')))
})

test('wget -N fetches a file once, and again only when it has changed here', async () => {
  const published = await publishedContent('one.bin', noise(3_000_000, 8))
  const share = await serve(published)
  const url = `${server.url}/w/${share.infoHash}/one.bin`
  const path = join(folder.path, 'mirror/one.bin')
  const wget = () => run('wget', ['-N', '-S', '--no-verbose', '-P', join(folder.path, 'mirror'), url])

  expect((await wget()).stderr).toContain('HTTP/1.1 200 OK')
  expect(sha256File(path)).toBe(
    createHash('sha256')
      .update(published.files['one.bin'] ?? '')
      .digest('hex'),
  )
  const { ino, mtimeMs } = statSync(path)
  const again = await wget()
  expect(again.stderr).toContain('HTTP/1.1 304 Not Modified')
  expect(again.stderr).not.toContain('200 OK')
  expect(statSync(path)).toMatchObject({ ino, mtimeMs })

  // Another copy of the mirror, older than ours.
  utimesSync(path, 0, 0)
  expect((await wget()).stderr).toContain('HTTP/1.1 200 OK')
  expect(statSync(path).mtimeMs).toBe(mtimeMs)
})
