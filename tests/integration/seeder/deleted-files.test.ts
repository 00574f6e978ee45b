import { createHash } from 'node:crypto'
import { mkdirSync, openAsBlob, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createLog } from '../../../server/base/log.ts'
import { openFileStore } from '../../../server/node-engine/file-store.ts'
import type { FromSeeder } from '../../../server/seeder/link/messages.ts'
import { Seeder } from '../../../server/seeder/process/seeder.ts'
import { askToKeep, contentIn, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const LIMIT = { timeout: 50_000, interval: 100 }
const SEEDER = { TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0', TABSEED_LISTED: 'always' }
const BYTES = 3_000_000

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function keptShare(server: TestApp, folder: string, seed: number) {
  const share = await publishFromNode(server.url, folder, BYTES, seed)
  const { infoHash, name } = share.metainfo
  await askToKeep(server.url, share.metainfo, share.ownerKey)
  const is = (kept: string) =>
    vi.waitFor(async () => expect((await keptBy(server.url, share.metainfo)).kept).toBe(kept), LIMIT)
  await is('yes')
  return {
    ...share,
    is,
    address: `${server.url}/w/${infoHash}/${name}`,
    copy: join(server.dataDirectory, 'seeder', infoHash, '0'),
    /** Hardly anything can be fetched until it is `fast`. */
    slow: () => share.engine.setLimits(null, { upload: 1000, download: null }),
    fast: () => share.engine.setLimits(null, { upload: null, download: null }),
  }
}

/** What is served is all of it. */
const isServed = ({ address, sha256: right }: Awaited<ReturnType<typeof keptShare>>) =>
  vi.waitFor(async () => {
    const answer = await fetch(address)
    expect(answer.status).toBe(200)
    expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(right)
  }, LIMIT)

test('a copy whose file was deleted is whole no longer, though nobody asks for it, and is fetched again', async () => {
  using folder = tempFolder()
  await using server = await startApp(SEEDER, { sweepMs: 200 })
  const share = await keptShare(server, folder.path, 61)
  share.slow()
  rmSync(share.copy)
  await vi.waitFor(
    async () => expect(await keptBy(server.url, share.metainfo)).toMatchObject({ kept: 'no', have: 0 }),
    LIMIT,
  )
  expect((await fetch(share.address)).status).toBe(404)
  share.fast()
  await share.is('yes')
  await isServed(share)
  await share.engine.close()
}, 120_000)

test('one that was cut off is noticed by whoever asks for the file first', async () => {
  using folder = tempFolder()
  await using server = await startApp(SEEDER)
  const share = await keptShare(server, folder.path, 62)
  await isServed(share)
  share.slow()
  truncateSync(share.copy, BYTES / 2)
  expect((await (await fetch(share.address)).json()).error.code).toBe('held_file_damaged')
  await share.is('partial')
  expect((await fetch(share.address)).status).toBe(404)
  const { have } = await keptBy(server.url, share.metainfo)
  expect([have > 0, have <= BYTES / 2]).toEqual([true, true])
  share.fast()
  await share.is('yes')
  await isServed(share)
  expect(statSync(share.copy).size).toBe(BYTES)
  await share.engine.close()
}, 120_000)

test('the log says it once, and the copy is to be read again as a whole', async () => {
  using folder = tempFolder()
  const { metainfo, path, torrent } = await contentIn(folder.path, BYTES, 63)
  const { infoHash, length, pieceLength } = metainfo
  const content = new Uint8Array(await (await openAsBlob(path)).arrayBuffer())
  const copies = join(folder.path, 'seeder')
  mkdirSync(copies)
  const store = await openFileStore(metainfo, [0], copies)
  for (let start = 0; start < length; start += pieceLength)
    await store.write(start / pieceLength, content.slice(start, start + pieceLength))
  await store.close()
  writeFileSync(join(copies, `${infoHash}.torrent`), torrent)
  writeFileSync(
    join(copies, `${infoHash}.json`),
    JSON.stringify({
      keptSince: Date.now(),
      usedAt: Date.now(),
      uploaded: 0,
      checkedAt: Date.now(),
      pinned: true,
    }),
  )
  const messages: FromSeeder[] = []
  let lines = ''
  const log = createLog('info', line => {
    lines += line
  })
  const seeder = await Seeder.start(
    {
      folder: copies,
      network: { trackers: [], iceServers: [], webSeeds: [] },
      policy: { budget: 1e9, shareMax: 1e9, days: null, idleDays: null, ratio: null },
      ...{ port: 0, udpPorts: null, utp: false, dht: false },
      limits: { download: null, upload: null },
      sweepMs: 50,
    },
    message => messages.push(message),
    log,
  )
  const latest = () =>
    messages.flatMap(message => (message.report === 'state' ? message.states : [])).findLast(Boolean)
  await vi.waitFor(
    () => expect(latest()).toMatchObject({ complete: true, checkedAt: expect.any(Number) }),
    LIMIT,
  )
  rmSync(join(copies, infoHash, '0'))
  await vi.waitFor(() => expect(latest()).toMatchObject({ complete: false, have: 0, checkedAt: null }), LIMIT)
  // Whoever asks now asks in vain.
  for (let piece = 0; piece < metainfo.pieceCount; piece++) await seeder.check(infoHash, piece)
  await seeder.stop()
  const said = lines.split('\n').filter(line => line.includes('deleted or cut off'))
  expect(said.map(line => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 40, infoHash, pieces: metainfo.pieceCount }),
  ])
}, 60_000)
