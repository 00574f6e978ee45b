import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import Client from 'bittorrent-tracker/client'
import { expect, test, vi } from 'vitest'
import { BLOCKED } from '../../lib/protocol/announce.ts'
import { createdShareSchema, errorBodySchema } from '../../lib/protocol/share.ts'
import { encodeInfo, encodeTorrent } from '../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../lib/torrent/metainfo.ts'
import { askToKeep, keptBy, publishFromNode } from '../support/clients/node-publisher.ts'
import { peerIdNamed, TrackerClient } from '../support/clients/tracker-client.ts'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { postTorrent, publishNamed, torrentNamed } from '../support/content/shares.ts'
import { startApp, type TestApp } from '../support/server/app.ts'
import { freePort } from '../support/server/free-port.ts'
import { announceFrom, whileHonest } from '../support/server/honest.ts'
import { startWebSeed } from '../support/server/web-seed-server.ts'

const LIMIT = { timeout: 60_000, interval: 100 }
const KEY = 'key-of-ann-0123456789'
const ENV = {
  TABSEED_OPERATOR_KEYS: `ann:${KEY},bob:key-of-bob-0123456789`,
  TABSEED_CONTACT: 'abuse@example.org',
  TABSEED_TRUSTED_PROXIES: '127.0.0.1',
}
const AS_ANN = { authorization: `Bearer ${KEY}` }

const block = (url: string, infoHash: string, reason = 'Fraud') =>
  fetch(`${url}/api/shares/${infoHash}/blocked`, {
    method: 'PUT',
    headers: AS_ANN,
    body: JSON.stringify({ reason }),
  })

/** The status, and the error of the API if it is one. */
async function answerOf(answer: Promise<Response>) {
  const response = await answer
  const body = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    body,
    error: isJson ? errorBodySchema.safeParse(JSON.parse(body)).data?.error : null,
  }
}

/** The same content under another info hash, as another private tracker would have it. */
async function underOtherSource(torrent: Uint8Array, source: string) {
  const { length, pieceLength, pieces, statedName } = await parseMetainfo(torrent)
  const infoBytes = encodeInfo({
    name: `other ${statedName}`,
    length,
    pieceLength,
    pieces,
    private: false,
    source,
  })
  return encodeTorrent({ infoBytes, announceList: [] })
}

/** What each place that names a share answers. */
const PLACES = {
  api: hash => `/api/shares/${hash}`,
  kept: hash => `/api/shares/${hash}/kept`,
  torrent: hash => `/t/${hash}.torrent`,
  history: hash => `/status/${hash}.json`,
  oembed: (hash, url) => `/oembed?url=${encodeURIComponent(`${url}/d/${hash}`)}`,
  page: hash => `/d/${hash}/opengraph-image`,
} satisfies Record<string, (hash: string, url: string) => string>

async function expectRefused(server: TestApp, hash: string, name: string): Promise<void> {
  for (const [place, pathOf] of Object.entries(PLACES)) {
    const { error, status } = await answerOf(fetch(server.url + pathOf(hash, server.url)))
    expect(status, place).toBe(451)
    expect(error, place).toMatchObject({
      code: 'share_blocked',
      detail: 'Fraud; to appeal: abuse@example.org',
    })
  }
  expect(await answerOf(fetch(`${server.url}/w/${hash}/${name}`)), '/w/').toMatchObject({ status: 451 })
  const badge = await answerOf(fetch(`${server.url}/badge/${hash}.svg`))
  expect(badge.status).toBe(451)
  expect(badge.body).not.toContain(name)
  const frame = await answerOf(fetch(`${server.url}/embed/${hash}`))
  expect(frame.status).toBe(451)
  expect(frame.body).toContain('Fraud')
  for (const path of ['/status.json', '/feed.atom']) {
    expect((await answerOf(fetch(server.url + path))).body, path).not.toContain(hash)
  }
}

test('a block holds everywhere at once, for a share that is being downloaded and kept, and after a restart', async () => {
  using folder = tempFolder()
  const udpPort = await freePort()
  const env = { ...ENV, TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0', TABSEED_UDP_PORT: String(udpPort) }
  await using server = await startApp({ ...env, TABSEED_WEBSEED_LIMIT: '400000' })
  const honest = await publishNamed(server.url, 'honest')
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 6_000_000, 77)
  const { infoHash } = metainfo
  const torrent = await (await fetch(`${server.url}/t/${infoHash}.torrent`)).bytes()
  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
  const copy = join(server.dataDirectory, 'seeder', infoHash)
  expect(existsSync(copy)).toBe(true)

  // A download from the server that runs, tabs and classic clients in the swarm.
  const download = request(`${server.url}/w/${infoHash}/${metainfo.name}`).end()
  const [answer] = await once(download, 'response')
  let got = 0
  answer.on('data', (chunk: Buffer) => {
    got += chunk.length
  })
  // It is cut off.
  answer.on('error', () => undefined)
  const ended = new Promise(resolve => answer.once('close', resolve))
  await vi.waitFor(() => expect(got).toBeGreaterThan(0), LIMIT)
  const tab = await TrackerClient.open(server.announceUrl)
  await tab.announce(infoHash, peerIdNamed('tab'))
  expect(await announceFrom(server.url, infoHash, '203.0.113.9', { port: 9 })).toContain('interval')

  await whileHonest(server, honest.infoHash, async () => {
    const answered = await block(server.url, infoHash)
    expect(answered.status).toBe(200)
    expect(await answered.json()).toEqual({ blocked: [infoHash] })
    await ended
  })
  expect(got).toBeLessThan(metainfo.length)
  expect((await tab.take('failure reason'))['failure reason']).toBe(BLOCKED)
  // The publisher's tab, too, leaves the swarm, and says why.
  engine.subscribe(() => undefined)
  await vi.waitFor(() => expect(engine.getSwarm(infoHash)?.error?.code).toBe('share_blocked'), LIMIT)
  expect(await announceFrom(server.url, infoHash, '203.0.113.9', { port: 9 })).toContain(BLOCKED)
  const udp = new Client({
    infoHash,
    peerId: Buffer.from(peerIdNamed('udp')).toString('hex'),
    port: 7,
    getAnnounceOpts: () => ({ numwant: 1, left: 1 }),
    announce: [`udp://127.0.0.1:${udpPort}/announce`],
  })
  const told = once(udp, 'warning')
  udp.start()
  expect(String((await told)[0])).toContain(BLOCKED)
  udp.destroy(() => undefined)
  await expectRefused(server, infoHash, metainfo.name)
  await vi.waitFor(() => expect(existsSync(copy)).toBe(false), LIMIT)
  expect(await answerOf(askToKeep(server.url, metainfo, ownerKey))).toMatchObject({ status: 451 })
  expect(await answerOf(postTorrent(server.url, torrent))).toMatchObject({ status: 451 })
  await engine.close()
  await server.stop()

  await using again = await startApp({ ...env, TABSEED_DATA: server.dataDirectory })
  await expectRefused(again, infoHash, metainfo.name)
  expect(await answerOf(postTorrent(again.url, torrent))).toMatchObject({ status: 451 })
  expect((await fetch(`${again.url}/api/shares/${honest.infoHash}`)).status).toBe(200)
})

test('the same files under another source stay blocked, published before or after', async () => {
  await using server = await startApp(ENV)
  const { infoHash } = await publishNamed(server.url, 'films')
  const torrent = torrentNamed('films')
  const publishedBefore = await postTorrent(server.url, await underOtherSource(torrent, 'A'))
  const { share: twin } = createdShareSchema.parse(await publishedBefore.json())
  const { infoHash: other } = await publishNamed(server.url, 'something else')
  const blocked = await (await block(server.url, infoHash)).json()
  expect(new Set(blocked.blocked)).toEqual(new Set([infoHash, twin.infoHash]))
  await expectRefused(server, twin.infoHash, 'films')
  const after = await answerOf(postTorrent(server.url, await underOtherSource(torrent, 'B')))
  expect(after).toMatchObject({ status: 451, error: { detail: 'Fraud; to appeal: abuse@example.org' } })
  expect((await fetch(`${server.url}/api/shares/${other}`)).status).toBe(200)

  // One act undoes it, by either of its info hashes.
  const undo = await fetch(`${server.url}/api/shares/${twin.infoHash}/blocked`, {
    method: 'DELETE',
    headers: AS_ANN,
  })
  expect(new Set((await undo.json()).allowed)).toEqual(new Set([infoHash, twin.infoHash]))
  expect((await postTorrent(server.url, torrent)).status).toBe(201)
})

test('a share that is being published while it is blocked is never there afterwards', async () => {
  await using server = await startApp(ENV)
  // Large enough to be read and stored by workers.
  const pieces = noise(20 * 20_000, 5)
  const infoBytes = encodeInfo({
    name: 'large',
    pieceLength: 16_384,
    pieces,
    private: false,
    length: 16_384 * 20_000,
  })
  const torrent = encodeTorrent({ infoBytes, announceList: [] })
  const infoHash = createHash('sha1').update(infoBytes).digest('hex')
  for (const wait of [0, 5, 20, 60, 150, 400]) {
    const publishing = postTorrent(server.url, torrent)
    await new Promise(resolve => setTimeout(resolve, wait))
    expect((await block(server.url, infoHash)).status).toBe(200)
    expect([201, 451]).toContain((await publishing).status)
    const { status } = await answerOf(fetch(`${server.url}/api/shares/${infoHash}`))
    expect(status, `blocked after ${wait} ms`).toBe(451)
    expect(await answerOf(postTorrent(server.url, torrent))).toMatchObject({ status: 451 })
    await fetch(`${server.url}/api/shares/${infoHash}/blocked`, { method: 'DELETE', headers: AS_ANN })
    // Nothing of it is left: it is not there until it is published again.
    expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(404)
  }
})

test('a share whose mirror is being checked while it is blocked gets none, and its owner is told why', async () => {
  using folder = tempFolder()
  await using server = await startApp({ ...ENV, TABSEED_WEBSEED_PRIVATE: 'allow' })
  const { engine, metainfo, ownerKey, path } = await publishFromNode(server.url, folder.path, 700_000, 78)
  await using mirror = await startWebSeed({ [metainfo.name]: readFileSync(path) })
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>()
  mirror.behave = asked => {
    ask()
    mayAnswer.then(() => asked.answer()).catch(() => undefined)
  }
  const put = fetch(`${server.url}/api/shares/${metainfo.infoHash}/web-seeds`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ urls: [mirror.url] }),
  })
  await isAsked
  expect((await block(server.url, metainfo.infoHash)).status).toBe(200)
  answer()
  expect(await answerOf(put)).toMatchObject({ status: 451, error: { code: 'share_blocked' } })
  await engine.close()
})
