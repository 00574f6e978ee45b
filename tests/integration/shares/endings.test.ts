import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ENDED } from '../../../lib/protocol/announce.ts'
import { type CreatedShare, createdShareSchema } from '../../../lib/protocol/share.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishWith, torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { expectFault } from '../../support/server/bucket.ts'

const LIMIT = { timeout: 15_000, interval: 100 }
const HOUR = 3600
const later = (seconds: number) => new Date(Date.now() + seconds * 1000)

let server: TestApp
beforeAll(async () => {
  server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
})
afterAll(() => server?.[Symbol.asyncDispose]())

const get = (path: string, { url }: TestApp = server) => fetch(`${url}${path}`)

const patch = ({ ownerKey, share }: CreatedShare, body: object, { url }: TestApp = server) =>
  fetch(`${url}/api/shares/${share.infoHash}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function refusalOf({ url }: TestApp, name: string, words: object): Promise<Response> {
  const metainfo = Buffer.from(torrentNamed(name)).toString('base64')
  return fetch(`${url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metainfo, ...words }),
  })
}

test('a share ends when its publisher chose: it is gone with 410 everywhere, its peers are told, and it may come back', async () => {
  const created = await publishWith(server.url, 'ends', { expiresIn: HOUR })
  const { infoHash, expiresAt } = created.share
  expect(Math.abs(Date.parse(expiresAt ?? '') - later(HOUR).getTime())).toBeLessThan(10_000)
  using peer = await TrackerClient.open(server.announceUrl)
  await peer.announce(infoHash, peerIdNamed('p'), { left: 0 })

  await server.services.endings.sweep(later(HOUR - 60))
  expect((await get(`/api/shares/${infoHash}`)).status).toBe(200)
  await server.services.endings.sweep(later(HOUR + 60))
  expect(JSON.stringify(await peer.take('failure reason'))).toContain(ENDED)
  for (const path of [`/api/shares/${infoHash}`, `/t/${infoHash}.torrent`, `/w/${infoHash}/ends`]) {
    const answer = await get(path)
    expect(answer.status, path).toBe(410)
    await expectFault(answer, 'share_expired')
  }
  expect((await get(`/embed/${infoHash}`)).status).toBe(410)
  await expectFault(await patch(created, { expiresIn: null }), 'share_expired')
  const announce = await get(
    `/announce?info_hash=${infoHash.replace(/../g, '%$&')}&peer_id=${'q'.repeat(20)}&port=1&left=0`,
  )
  expect(await announce.text()).toContain(ENDED)

  const again = await publishWith(server.url, 'ends', {})
  expect(again.share).toMatchObject({ infoHash, expiresAt: null })
  expect((await get(`/api/shares/${infoHash}`)).status).toBe(200)
  expect(await peer.announce(infoHash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
})

test('it ends after a number of completed downloads', async () => {
  const { share } = await publishWith(server.url, 'counted', { downloadsMax: 2 })
  const { infoHash } = share
  const download = async (name: string) => {
    using reader = await TrackerClient.open(server.announceUrl)
    await reader.announce(infoHash, peerIdNamed(name), { left: 100, downloaded: 0 })
    await reader.announce(infoHash, peerIdNamed(name), { left: 0, downloaded: 100, event: 'completed' })
    await server.services.endings.sweep(new Date())
    return (await get(`/api/shares/${infoHash}`)).status
  }
  expect(await download('one')).toBe(200)
  expect(await download('two')).toBe(410)
})

test('its owner extends it, or lets it last', async () => {
  const created = await publishWith(server.url, 'extended', { expiresIn: HOUR, downloadsMax: 1 })
  const { infoHash } = created.share
  const changed = await (await patch(created, { expiresIn: 3 * HOUR })).json()
  expect(changed.downloadsMax).toBe(1)
  expect(Math.abs(Date.parse(changed.expiresAt) - later(3 * HOUR).getTime())).toBeLessThan(10_000)
  await server.services.endings.sweep(later(2 * HOUR))
  expect((await get(`/api/shares/${infoHash}`)).status).toBe(200)
  // A title changes nothing of it.
  expect(await (await patch(created, { title: 'x' })).json()).toMatchObject({
    expiresAt: changed.expiresAt,
    downloadsMax: 1,
  })
  const kept = await (await patch(created, { expiresIn: null, downloadsMax: null })).json()
  expect(kept).toMatchObject({ expiresAt: null, downloadsMax: null })
  await server.services.endings.sweep(later(400 * 86_400))
  expect((await get(`/api/shares/${infoHash}`)).status).toBe(200)
})

test('its bytes on the server are freed', async () => {
  using folder = tempFolder()
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 2_000_000, 41)
  const { infoHash } = metainfo
  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
  const copy = join(server.dataDirectory, 'seeder', infoHash)
  expect(existsSync(copy)).toBe(true)
  const created = createdShareSchema.parse({
    share: await (await get(`/api/shares/${infoHash}`)).json(),
    ownerKey,
  })
  await patch(created, { expiresIn: HOUR })
  await server.services.endings.sweep(later(HOUR + 1))
  expect((await get(`/w/${infoHash}/${metainfo.name}`)).status).toBe(410)
  await vi.waitFor(() => expect(existsSync(copy)).toBe(false), LIMIT)
  // Whoever publishes it is told why.
  await vi.waitFor(() => {
    // Who subscribes gets the state of now.
    engine.subscribe(() => undefined)()
    expect(engine.getSwarm(infoHash)?.error?.code).toBe('share_expired')
  }, LIMIT)
  await engine.close()
})

describe('the operator', () => {
  test('has a default and a most, which is refused beyond', async () => {
    await using strict = await startApp({ TABSEED_EXPIRY_DEFAULT: '1d', TABSEED_EXPIRY_MAX: '7d' })
    const usual = await publishWith(strict.url, 'usual', {})
    expect(Math.abs(Date.parse(usual.share.expiresAt ?? '') - later(86_400).getTime())).toBeLessThan(10_000)
    for (const expiresIn of [null, 8 * 86_400]) {
      const answer = await refusalOf(strict, 'beyond', { expiresIn })
      expect(answer.status).toBe(422)
      await expectFault(answer, 'expiry_too_long')
      await expectFault(await patch(usual, { expiresIn }, strict), 'expiry_too_long')
    }
    expect((await patch(usual, { expiresIn: 7 * 86_400 }, strict)).status).toBe(200)
    await using most = await startApp({ TABSEED_EXPIRY_MAX: '2h' })
    const { share } = await publishWith(most.url, 'most', {})
    expect(Math.abs(Date.parse(share.expiresAt ?? '') - later(2 * HOUR).getTime())).toBeLessThan(10_000)
  })
})

test.each([
  { expiresIn: 3599 },
  { expiresIn: 31_536_001 },
  { expiresIn: 1.5 },
  { downloadsMax: 0 },
  { downloadsMax: -1 },
])('%j is refused, and nothing is published', async words => {
  await expectFault(await refusalOf(server, 'bad ends', words), 'bad_request')
})

test('what has ended is remembered over a restart', async () => {
  using folder = tempFolder()
  const env = { TABSEED_DATA: folder.path }
  const first = await startApp(env)
  const { share } = await publishWith(first.url, 'remembered', { expiresIn: HOUR })
  await first.services.endings.sweep(later(HOUR + 1))
  await first[Symbol.asyncDispose]()
  await using second = await startApp(env)
  expect((await get(`/api/shares/${share.infoHash}`, second)).status).toBe(410)
  using peer = await TrackerClient.open(second.announceUrl)
  peer.send({
    action: 'announce',
    info_hash: Buffer.from(share.infoHash, 'hex').toString('latin1'),
    peer_id: peerIdNamed('p'),
    left: 0,
  })
  expect(JSON.stringify(await peer.take('failure reason'))).toContain(ENDED)
  // For a year.
  await second.services.endings.sweep(later(366 * 86_400 + HOUR))
  expect((await get(`/api/shares/${share.infoHash}`, second)).status).toBe(404)
})
