import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { type ShareStatus, shareHistorySchema, statusSchema } from '../../../lib/protocol/status.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { postTorrent, publishListed, publishNamed, publishWith } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const OPERATOR = 'operator-key-of-these-tests'
/** One look at all swarms is good for a second. */
const SOON = { timeout: 5_000, interval: 100 }

let server: TestApp
beforeAll(async () => {
  server = await startApp({ TABSEED_OPERATOR_KEY: OPERATOR })
})
afterAll(() => server[Symbol.asyncDispose]())

const statusOf = async (url: string) => statusSchema.parse(await (await fetch(`${url}/status.json`)).json())

async function rowOf(url: string, infoHash: string): Promise<ShareStatus | undefined> {
  return (await statusOf(url)).shares?.find(share => share.infoHash === infoHash)
}

const historyOf = async (url: string, infoHash: string) =>
  shareHistorySchema.parse(await (await fetch(`${url}/status/${infoHash}.json`)).json())

const ask = (path: string, method: string, key: string, body?: unknown) =>
  fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

describe('the status', () => {
  test('has a share and who is in it', async () => {
    const { infoHash } = await publishListed(server.url, 'status counts')
    expect(await rowOf(server.url, infoHash)).toMatchObject({
      name: 'status counts',
      size: 100,
      fileCount: 1,
      complete: 0,
      downloading: 0,
      copies: null,
      kept: 'no',
      page: `${server.url}/d/${infoHash}`,
    })
    using seed = await TrackerClient.open(server.announceUrl)
    await seed.announce(infoHash, peerIdNamed('seed'), { left: 0 })
    using reader = await TrackerClient.open(server.announceUrl)
    await reader.announce(infoHash, peerIdNamed('reader'), { left: 100, downloaded: 0 })
    await vi.waitFor(
      async () => expect(await rowOf(server.url, infoHash)).toMatchObject({ complete: 1, downloading: 1 }),
      SOON,
    )
    await reader.announce(infoHash, peerIdNamed('reader'), { left: 0, downloaded: 100, event: 'completed' })
    await vi.waitFor(
      async () =>
        expect(await rowOf(server.url, infoHash)).toMatchObject({
          complete: 2,
          downloading: 0,
          downloaded: 1,
          transferred: 100,
        }),
      SOON,
    )
    const { totals } = await statusOf(server.url)
    expect(totals).toMatchObject({ complete: 2, downloading: 0, tabs: 2, classic: 0 })
  })

  test('shows those only whose publisher chose it, and never private ones', async () => {
    const name = 'status private'
    const pieces = createHash('sha1').update(name).digest()
    const infoBytes = encodeInfo({ name, pieceLength: 16_384, pieces, private: true, length: 100 })
    const answer = await postTorrent(server.url, encodeTorrent({ infoBytes, announceList: [] }))
    const secret = createdShareSchema.parse(await answer.json())
    const unlisted = await publishWith(server.url, 'status unlisted', {})
    const before = (await statusOf(server.url)).totals.shares
    for (const { share, ownerKey = '' } of [secret, unlisted]) {
      expect(share.listed).toBe(false)
      using peer = await TrackerClient.open(server.announceUrl)
      await peer.announce(share.infoHash, peerIdNamed('peer'), { left: 0 })
      expect(await rowOf(server.url, share.infoHash)).toBeUndefined()
      expect((await fetch(`${server.url}/status/${share.infoHash}.json`)).status).toBe(404)
      // Its owner may change that, but never for a private share.
      const changed = await ask(`/api/shares/${share.infoHash}`, 'PATCH', ownerKey, { listed: true })
      expect(await changed.json()).toMatchObject({ listed: share === unlisted.share })
      expect(await rowOf(server.url, share.infoHash)).toEqual(
        share === unlisted.share ? expect.objectContaining({ name: 'status unlisted' }) : undefined,
      )
    }
    await ask(`/api/shares/${unlisted.share.infoHash}`, 'PATCH', unlisted.ownerKey ?? '', { listed: false })
    expect(await rowOf(server.url, unlisted.share.infoHash)).toBeUndefined()
    expect((await statusOf(server.url)).totals.shares).toBe(before)
  })

  test('forgets deleted and blocked shares at once', async () => {
    const deleted = await publishListed(server.url, 'status deleted')
    const blocked = await publishListed(server.url, 'status blocked')
    expect(await rowOf(server.url, deleted.infoHash)).toBeDefined()
    expect(await rowOf(server.url, blocked.infoHash)).toBeDefined()
    await ask(`/api/shares/${deleted.infoHash}`, 'DELETE', deleted.ownerKey)
    expect(await rowOf(server.url, deleted.infoHash)).toBeUndefined()
    await ask(`/api/shares/${blocked.infoHash}/blocked`, 'PUT', OPERATOR)
    expect(await rowOf(server.url, blocked.infoHash)).toBeUndefined()
    expect((await fetch(`${server.url}/status/${blocked.infoHash}.json`)).status).toBe(451)
  })

  test('names a share by its title', async () => {
    const { share } = await publishWith(server.url, 'status title', {
      listed: true,
      title: '<b>\u202etxt.exe',
    })
    expect(await rowOf(server.url, share.infoHash)).toMatchObject({ name: share.title })
  })
})

test.each(['no-hash', 'ff'.repeat(20), `${'ff'.repeat(19)}zz`])('there is no history of %s', async name => {
  const answer = await fetch(`${server.url}/status/${name}.json`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { code: 'share_not_found' } })
})

test('the history of a share outlives a restart', async () => {
  using folder = tempFolder()
  const start = () => startApp({ TABSEED_DATA: folder.path })
  const first = await start()
  const { infoHash } = await publishListed(first.url, 'status history')
  const seed = await TrackerClient.open(first.announceUrl)
  await seed.announce(infoHash, peerIdNamed('seed'), { left: 0 })
  // The server writes a last sample before its peers go.
  await first.stop()
  await first[Symbol.asyncDispose]()

  await using second = await start()
  const { points, share } = await historyOf(second.url, infoHash)
  expect(points.map(({ complete }) => complete)).toEqual([1, 0])
  expect(points[0]?.at).toBeLessThan(points[1]?.at ?? 0)
  expect(share).toMatchObject({ name: 'status history', complete: 0 })
  // At the second stop nobody is there, which is a change.
  await second.stop()
  await using third = await start()
  expect((await historyOf(third.url, infoHash)).points.map(({ complete }) => complete)).toEqual([1, 0, 0])
})

const SAMPLE = /^([a-z_][a-z0-9_]*)(?:\{(?:[a-z_]+="[^"\\\n]*",?)+\})? (?:[\d.e+-]+|NaN|[+-]Inf)$/i

/** Samples of a text in the format of Prometheus, by what stands before their value; throws at a line that is none. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !/^# (HELP|TYPE) /.test(line))
  for (const line of lines) if (!SAMPLE.test(line)) throw new Error(`no sample: ${line}`)
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

test('metrics count what happens, and name nobody', async () => {
  await using fresh = await startApp()
  const { infoHash, ownerKey } = await publishNamed(fresh.url, 'metrics')
  using seed = await TrackerClient.open(fresh.announceUrl)
  await seed.announce(infoHash, peerIdNamed('seed'), { left: 0 })
  using reader = await TrackerClient.open(fresh.announceUrl)
  await reader.announce(infoHash, peerIdNamed('reader'), { left: 100, downloaded: 0 })
  await reader.announce(infoHash, peerIdNamed('reader'), { left: 0, downloaded: 100, event: 'completed' })
  reader.send({ action: 'announce', info_hash: 'f'.repeat(20), peer_id: peerIdNamed('reader'), left: 0 })
  await reader.take('failure reason')
  const answer = await fetch(`${fresh.url}/metrics`)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  expect(Object.fromEntries(samplesOf(text))).toMatchObject({
    tabseed_shares: 1,
    tabseed_swarms: 1,
    'tabseed_clients{state="complete"}': 2,
    'tabseed_clients{state="downloading"}': 0,
    'tabseed_peers{kind="tab"}': 2,
    tabseed_downloads_total: 1,
    tabseed_transferred_bytes_total: 100,
    tabseed_tracker_connections: 2,
    'tabseed_tracker_announces_total{transport="websocket"}': 4,
    'tabseed_tracker_refusals_total{reason="untracked"}': 1,
    'tabseed_tracker_announce_seconds_count{transport="websocket"}': 4,
    tabseed_seeder_up: 0,
    tabseed_bucket_up: 0,
  })
  expect(text).not.toContain(infoHash)
  // Read twice they say the same: nothing is counted by looking. Counters never fall, also when what they counted is gone.
  const path = `${fresh.url}/api/shares/${infoHash}`
  await fetch(path, { method: 'DELETE', headers: { authorization: `Bearer ${ownerKey}` } })
  expect((await statusOf(fresh.url)).totals).toMatchObject({ shares: 0, downloaded: 0, transferred: 0 })
  const again = samplesOf(await (await fetch(`${fresh.url}/metrics`)).text())
  expect(again.get('tabseed_shares')).toBe(0)
  expect(again.get('tabseed_downloads_total')).toBe(1)
  expect(again.get('tabseed_transferred_bytes_total')).toBe(100)
})

test('every metric of the Grafana dashboard, of the alerts and of the docs is there', async () => {
  const names = new Set(
    [...samplesOf(await (await fetch(`${server.url}/metrics`)).text()).keys()].map(key => key.split('{')[0]),
  )
  // A histogram of what did not happen yet has no samples, only a type.
  const isThere = (name: string) => names.has(name) || /_refusals_total$|_announce_seconds/.test(name)
  const docs = (file: string) => readFileSync(join(import.meta.dirname, '../../../docs', file), 'utf8')
  const dashboard = JSON.parse(docs('examples/grafana-dashboard.json'))
  const queries: string[] = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
    panel.targets.map(({ expr }) => expr),
  )
  expect(queries.length).toBeGreaterThan(20)
  const used = queries.flatMap(query => query.match(/\b(?:tabseed|process|nodejs)_\w+/g) ?? [])
  const told = docs('monitoring.md').match(/\b(?:tabseed|nodejs|process)_\w+(?=`)/g) ?? []
  const alerts = docs('examples/alerts.yml').match(/\b(?:tabseed|nodejs|process)_[a-z]\w+/g) ?? []
  expect(alerts.length).toBeGreaterThan(4)
  // What servers have that are joined, and each of several seeders, is tested there (cluster/relay.test.ts, seeder/several-seeders.test.ts).
  const isOfSeveral = (name: string) =>
    /^tabseed_(?:relay_|cluster_|seeder_(?:connected|copies|free_bytes)$)/.test(name)
  const missing = [...used, ...told, ...alerts].filter(
    name => !isThere(name) && !/_$/.test(name) && !isOfSeveral(name),
  )
  expect(missing).toEqual([])
})

test('the feed has listed shares, newest first, and says when nothing changed', async () => {
  const { share } = await publishWith(server.url, 'feed.bin', {
    listed: true,
    title: 'Tom & "Jerry" <b>\u0001\u202e',
  })
  const unlisted = await publishWith(server.url, 'feed unlisted', {})
  const answer = await fetch(`${server.url}/feed.atom`)
  expect(answer.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
  const feed = await answer.text()
  expect(feed).toContain('<title>Tom &amp; &quot;Jerry&quot; &lt;b&gt;')
  expect(feed.indexOf('<entry>')).toBeLessThan(feed.indexOf(`<id>urn:btih:${share.infoHash}</id>`))
  expect(feed.indexOf(`urn:btih:${share.infoHash}`)).toBe(feed.indexOf('urn:btih:'))
  expect(feed).toContain(
    `<link rel="enclosure" type="application/x-bittorrent" href="${share.links.torrent}" title="feed.bin.torrent"/>`,
  )
  expect(feed).not.toContain(unlisted.share.infoHash)
  const etag = answer.headers.get('etag') ?? ''
  const ask = (tags: string) => fetch(`${server.url}/feed.atom`, { headers: { 'if-none-match': tags } })
  // As it is, as a proxy that compresses hands it on, and among others.
  for (const tags of [etag, `W/${etag}`, `"older", ${etag}`]) expect((await ask(tags)).status).toBe(304)
  await publishListed(server.url, 'feed later')
  expect((await ask(etag)).status).toBe(200)
})

test('TABSEED_LISTED=always lists what is published, but for private shares; never lists nothing, and hides what was', async () => {
  using folder = tempFolder()
  const start = (listed: string) => startApp({ TABSEED_DATA: folder.path, TABSEED_LISTED: listed })
  const namesOf = async ({ url }: { url: string }) => {
    const feed = await (await fetch(`${url}/feed.atom`)).text()
    const named = ((await statusOf(url)).shares ?? []).map(({ name }) => name).sort()
    expect(feed.split('<entry>')).toHaveLength(named.length + 1)
    return named
  }
  const always = await start('always')
  const { infoHash, ownerKey, share } = await publishNamed(always.url, 'plain')
  expect(share.listed).toBe(true)
  expect((await publishWith(always.url, 'asked not to be', { listed: false })).share.listed).toBe(true)
  const kept = await ask(always.url, infoHash, ownerKey, { listed: false })
  expect(kept).toMatchObject({ listed: true })
  expect(await namesOf(always)).toEqual(['asked not to be', 'plain'])
  await always[Symbol.asyncDispose]()

  const never = await start('never')
  expect((await publishListed(never.url, 'asked to be')).share.listed).toBe(false)
  expect(await ask(never.url, infoHash, ownerKey, { listed: true })).toMatchObject({ listed: false })
  expect(await (await fetch(`${never.url}/api/shares/${infoHash}`)).json()).toMatchObject({ listed: false })
  expect((await fetch(`${never.url}/status/${infoHash}.json`)).status).toBe(404)
  expect(await namesOf(never)).toEqual([])
  expect((await statusOf(never.url)).totals.shares).toBe(3)
  await never[Symbol.asyncDispose]()

  await using offer = await start('offer')
  // What an owner asked for under `never` was refused, so it is gone; the other was only hidden.
  expect(await namesOf(offer)).toEqual(['asked not to be'])

  async function ask(url: string, infoHash: string, ownerKey: string, body: object) {
    const answer = await fetch(`${url}/api/shares/${infoHash}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return answer.json()
  }
})

test('TABSEED_STATUS=totals shows no names, off nothing, and TABSEED_METRICS=off no metrics', async () => {
  await using totals = await startApp({ TABSEED_STATUS: 'totals' })
  const { infoHash } = await publishListed(totals.url, 'status setting')
  expect(await statusOf(totals.url)).toMatchObject({ shares: null, more: 0, totals: { shares: 1 } })
  expect((await fetch(`${totals.url}/status/${infoHash}.json`)).status).toBe(404)

  await using off = await startApp({ TABSEED_STATUS: 'off', TABSEED_METRICS: 'off' })
  const answer = await fetch(`${off.url}/status.json`)
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { error: expect.objectContaining({ code: 'status_off' }) },
  ])
  for (const path of ['/metrics', '/feed.atom']) {
    expect((await fetch(off.url + path)).status).toBe(404)
  }
  expect((await fetch(`${totals.url}/feed.atom`)).status).toBe(404)
})
