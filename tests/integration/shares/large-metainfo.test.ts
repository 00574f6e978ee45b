import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { FILES_MAX, METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp } from '../../support/server/app.ts'
import { QUICK, TestPublishFolder } from '../../support/server/publish-folder.ts'

/** Milliseconds for which the thread of the tracker may be busy at a time: 50, and as many for a slow or busy computer. */
const BUSY_MAX_MS = 100
/** The same for what needs no list of files; reading 8 MB of it takes longer. */
const BRIEF_MAX_MS = 25
/** The same for megabytes that come from SQLite at once: the list of files, the info dictionary. */
const LIST_MAX_MS = 150

/** The largest `.torrent` that is taken: as many files and bytes as there may be. */
function largestTorrent(): Buffer {
  const length = 1_000
  const pieces = Buffer.alloc(Math.ceil((FILES_MAX * length) / 16_384) * 20, 7)
  const files: string[] = []
  for (let file = 0; file < FILES_MAX; file++) {
    const name = `${String(file).padStart(6, '0')} ${'some name '.repeat(3)}`
    files.push(`d6:lengthi${length}e4:pathl4:some${name.length}:${name}ee`)
  }
  const head = `d4:infod5:filesl${files.join('')}e4:name5:large12:piece lengthi16384e6:pieces${pieces.length}:`
  return Buffer.concat([Buffer.from(head), pieces, Buffer.from('ee')])
}

const torrent = largestTorrent()
const emptyLists = Buffer.from(`d4:infol${'le'.repeat(4_000_000)}ee`)
const inJson = (metainfo: Buffer) => JSON.stringify({ metainfo: metainfo.toString('base64') })

const TORRENT = 'application/x-bittorrent'
const JSON_TYPE = 'application/json'

/** Sends from a process of its own, so that only the server's work counts here; prints the status and the JSON of the answer. */
const CLIENT = `
import { readFileSync } from 'node:fs'
const [method, url, file, headers] = process.argv.slice(1)
const answer = await fetch(url, { method, headers: JSON.parse(headers), body: readFileSync(file) })
const { error, ownerKey, share } = await answer.json()
console.log(JSON.stringify([answer.status, error?.code ?? share?.files.length, ownerKey]))
`

async function send(method: string, url: string, body: string | Buffer, headers: object): Promise<unknown[]> {
  using folder = tempFolder()
  writeTree(folder.path, { body })
  const args = [
    '--input-type=module',
    '-e',
    CLIENT,
    method,
    url,
    join(folder.path, 'body'),
    JSON.stringify(headers),
  ]
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)
}

/** Fetches all of it in a process of its own. */
async function statusOf(url: string): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--compressed'],
    url,
  ])
  return stdout
}

/** Fails if this thread, which the server shares, is busy for `most` milliseconds at a time during `task`. */
async function busyDuring<Result>(task: () => Promise<Result>, most = BUSY_MAX_MS): Promise<Result> {
  let longest = 0
  let before = process.threadCpuUsage()
  // Time that our code takes of the processor: neither other programs of this computer count, nor the system, which on a virtual
  // machine may take a tenth of a second to find some megabytes of memory that were never used before.
  const watch = setInterval(() => {
    const { user } = process.threadCpuUsage(before)
    before = process.threadCpuUsage()
    longest = Math.max(longest, user / 1_000)
  }, 1)
  const result = await task().finally(() => clearInterval(watch))
  process.stdout.write(`busy for ${longest.toFixed(0)} ms at most\n`)
  expect(longest).toBeLessThan(most)
  return result
}

test.each([
  ['as it is', TORRENT, torrent, [201, FILES_MAX]],
  ['in JSON', JSON_TYPE, inJson(torrent), [201, FILES_MAX]],
  ['millions of empty lists', TORRENT, emptyLists, [413, 'metainfo_too_large']],
  ['millions of empty lists in JSON', JSON_TYPE, inJson(emptyLists), [413, 'metainfo_too_large']],
  ['nested millions deep', TORRENT, 'l'.repeat(METAINFO_MAX_BYTES), [422, 'metainfo_syntax']],
  [
    'a number of millions of digits',
    TORRENT,
    `i${'1'.repeat(METAINFO_MAX_BYTES - 1)}`,
    [422, 'metainfo_syntax'],
  ],
  ['JSON nested millions deep', JSON_TYPE, '['.repeat(8_000_000), [400, 'not_json']],
  ['JSON of millions of lists', JSON_TYPE, `[${'[],'.repeat(3_500_000)}[]]`, [400, 'bad_request']],
])('the tracker has its turn while the largest metainfo comes: %s', async (_, type, body, expected) => {
  await using server = await startApp({ TABSEED_LIMITS: 'off' })
  const said = await busyDuring(() =>
    send('POST', `${server.url}/api/shares`, body, { 'content-type': type }),
  )
  expect(said.slice(0, 2)).toEqual(expected)
})

test('the tracker has its turn while the largest share is kept, and while its web seeds are checked', async () => {
  await using server = await startApp({
    TABSEED_LIMITS: 'off',
    TABSEED_SEEDER: 'on',
    TABSEED_SEEDER_PORT: '0',
    TABSEED_WEBSEED_PRIVATE: 'allow',
  })
  const url = `${server.url}/api/shares`
  const [, , key] = await send('POST', url, torrent, { 'content-type': TORRENT })
  const { infoHash } = await parseMetainfo(torrent)
  const headers = { authorization: `Bearer ${key}`, 'content-type': JSON_TYPE }
  const { shareCache } = server.services
  await busyDuring(async () => {
    await shareCache?.request(infoHash)
    await vi.waitFor(() => expect(shareCache?.find(infoHash)?.metainfo.length).toBe(FILES_MAX * 1_000), {
      timeout: 30_000,
      interval: 5,
    })
  })
  const webSeeds = JSON.stringify({ urls: ['http://127.0.0.1:9/'] })
  const check = () => send('PUT', `${url}/${infoHash}/web-seeds`, webSeeds, headers)
  const said = await busyDuring(check)
  expect(said[1]).toMatch(/^web_seed_/)
})

test('the tracker has its turn while the largest share is shown, embedded, fetched and changed', async () => {
  await using server = await startApp({ TABSEED_LIMITS: 'off' })
  const url = `${server.url}/api/shares`
  const [, , key] = await send('POST', url, torrent, { 'content-type': TORRENT })
  const { infoHash } = await parseMetainfo(torrent)
  const page = encodeURIComponent(`${server.url}/d/${infoHash}`)
  for (const path of [`/badge/${infoHash}.svg`, `/oembed?url=${page}`]) {
    // The first time takes long for its code to be compiled.
    expect(await statusOf(server.url + path), path).toBe('200')
    await busyDuring(() => statusOf(server.url + path), BRIEF_MAX_MS)
  }
  for (const path of [`/api/shares/${infoHash}`, `/t/${infoHash}.torrent`]) {
    expect(await busyDuring(() => statusOf(server.url + path), LIST_MAX_MS), path).toBe('200')
  }
  const headers = { authorization: `Bearer ${key}`, 'content-type': JSON_TYPE }
  const change = () => send('PATCH', `${url}/${infoHash}`, JSON.stringify({ title: 'Another' }), headers)
  expect((await busyDuring(change, LIST_MAX_MS))[0]).toBe(200)
})

test('the tracker has its turn while a publish folder with the largest share is opened', async () => {
  using root = tempFolder()
  writeTree(root.path, { 'publish/large.torrent': torrent })
  const folder = await busyDuring(async () => {
    const opened = await TestPublishFolder.open(root.path, QUICK)
    await opened.has('large')
    return opened
  })
  await folder.close()
})
