import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../../server/base/log.ts'
import { openStoreDirectory } from '../../../server/shares/database.ts'
import { Expiry } from '../../../server/shares/expiry/expiry.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const DAY = 86_400_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

test('a share that nobody has had for so long is deleted, once the server has looked for a day', async () => {
  await using server = await startApp()
  const held = await publishNamed(server.url, 'held')
  const mirrored = await publishNamed(server.url, 'mirrored')
  const left = await publishNamed(server.url, 'left')
  using seed = await TrackerClient.open(server.announceUrl)
  await seed.announce(held.infoHash, peerIdNamed('seed'), { left: 0 })
  using leecher = await TrackerClient.open(server.announceUrl)
  await leecher.announce(left.infoHash, peerIdNamed('leecher'), { left: 5 })
  const stores = await openStoreDirectory(server.dataDirectory)
  const at = { checkedAt: new Date(), checkAt: new Date(), addedBy: 'owner' as const, failure: null }
  await stores.webSeeds.replace(mirrored.infoHash, [{ ...at, url: 'https://mirror.example/' }])
  const { shares, tracker } = server.services
  const expiry = new Expiry({
    days: 30,
    store: stores.held,
    held: function* () {
      for (const { complete, infoHash } of tracker.allSwarmStats()) if (complete > 0) yield infoHash
    },
    remove: infoHash => shares.removeOwn(infoHash),
    log: createLog('silent'),
  })
  const status = async ({ infoHash }: { infoHash: string }) =>
    (await fetch(`${server.url}/api/shares/${infoHash}`)).status
  const later = new Date(Date.now() + 31 * DAY)
  // Its clock may have jumped, or it was away.
  await expiry.sweep(later)
  expect(await status(left)).toBe(200)
  vi.advanceTimersByTime(DAY)
  await expiry.sweep(later)
  expect(await Promise.all([held, mirrored, left].map(status))).toEqual([200, 200, 404])
  // Its last holder leaves: the time begins.
  seed.socket.close()
  await seed.closed
  await expect.poll(() => tracker.counts(held.infoHash).complete).toBe(0)
  await expiry.sweep(new Date(later.getTime() + 29 * DAY))
  expect(await status(held)).toBe(200)
  await expiry.sweep(new Date(later.getTime() + 31 * DAY))
  expect(await status(held)).toBe(404)
  await expiry.close()
  await stores.close()
})

test('when the database has reached its budget nothing more is published, and what is there stays', async () => {
  await using server = await startApp({ TABSEED_SHARES_BUDGET: '300kB' })
  let published = 0
  let status = 201
  while (status === 201 && published < 200) {
    const answer = await postTorrent(server.url, torrentNamed(`share ${published}`, 'x'.repeat(20_000)))
    status = answer.status
    if (status === 201) published += 1
    else expect(await answer.json()).toMatchObject({ error: { code: 'server_full' } })
  }
  expect(status).toBe(507)
  expect(published).toBeGreaterThan(2)
  const again = await postTorrent(server.url, torrentNamed('share 0', 'x'.repeat(20_000)))
  expect(again.status).toBe(200)
})
