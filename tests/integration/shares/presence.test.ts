import { expect, test, vi } from 'vitest'
import { presenceSchema } from '../../../lib/protocol/presence.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishWith } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'
import { expectFault } from '../../support/server/bucket.ts'

const LIMIT = { timeout: 15_000, interval: 100 }
const MINUTE_MS = 60_000

const presenceOf = async (url: string, infoHash: string) =>
  presenceSchema.parse(await (await fetch(`${url}/api/shares/${infoHash}/presence`)).json())

test('says who is there, since when nobody is, and how often it was downloaded, over a restart too', async () => {
  using folder = tempFolder()
  const env = { TABSEED_DATA: folder.path }
  const first = await startApp(env)
  const { share } = await publishWith(first.url, 'seen', {})
  const { infoHash } = share
  expect(await presenceOf(first.url, infoHash)).toMatchObject({
    presence: 'away',
    lastSeen: null,
    copy: null,
    downloads: 0,
    lastDownload: null,
  })
  const publisher = await TrackerClient.open(first.announceUrl)
  await publisher.announce(infoHash, peerIdNamed('p'), { left: 0 })
  const { at, lastSeen, presence } = await presenceOf(first.url, infoHash)
  expect(presence).toBe('online')
  expect(lastSeen).toBe(at)
  using reader = await TrackerClient.open(first.announceUrl)
  await reader.announce(infoHash, peerIdNamed('r'), { left: 100, downloaded: 0 })
  const before = Date.now()
  await reader.announce(infoHash, peerIdNamed('r'), { left: 0, downloaded: 100, event: 'completed' })
  await reader.announce(infoHash, peerIdNamed('r'), { event: 'stopped' })
  const downloaded = await presenceOf(first.url, infoHash)
  expect(downloaded.downloads).toBe(1)
  expect(Date.parse(downloaded.lastDownload ?? '')).toBeGreaterThanOrEqual(before)

  const noon = new Date('2026-01-01T12:00:00Z')
  await first.services.presences.look(noon)
  publisher.socket.close()
  const isOnline = async () => (await first.services.tracker.presence(infoHash as InfoHash)).isOnline
  await vi.waitFor(async () => expect(await isOnline()).toBe(false), LIMIT)
  // Between two looks it is the time of the last one.
  expect((await presenceOf(first.url, infoHash)).lastSeen).toBe(noon.toISOString())
  await first.services.presences.look(new Date(noon.getTime() + MINUTE_MS))
  const gone = '2026-01-01T12:01:00.000Z'
  expect((await presenceOf(first.url, infoHash)).lastSeen).toBe(gone)
  await first[Symbol.asyncDispose]()

  await using second = await startApp(env)
  expect(await presenceOf(second.url, infoHash)).toMatchObject({
    presence: 'away',
    lastSeen: gone,
    downloads: 1,
    lastDownload: downloaded.lastDownload,
  })
})

test('the server is nobody: its copy is a copy, and its seeder is named', async () => {
  using folder = tempFolder()
  await using server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 300_000, 51)
  await askToKeep(server.url, metainfo, ownerKey)
  await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
  await vi.waitFor(async () => {
    const { copy, presence, serverPeer } = await presenceOf(server.url, metainfo.infoHash)
    expect([copy, presence]).toEqual(['here', 'online'])
    engine.subscribe(() => undefined)()
    expect(engine.getSwarm(metainfo.infoHash)?.peers.map(({ id }) => id)).toEqual([serverPeer])
  }, LIMIT)
  await engine.close()
  await vi.waitFor(
    async () => expect((await presenceOf(server.url, metainfo.infoHash)).presence).toBe('server'),
    LIMIT,
  )
})

test('of what is no share nothing is said', async () => {
  await using server = await startApp()
  await expectFault(await fetch(`${server.url}/api/shares/${'0'.repeat(40)}/presence`), 'share_not_found')
})
