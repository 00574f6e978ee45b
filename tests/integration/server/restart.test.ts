import { expect, test } from 'vitest'
import { type Bencode, decode } from '../../../lib/torrent/bencode.ts'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

test('shares stand, and are tracked, after a restart', async () => {
  await using first = await startApp()
  const { infoHash } = await publishNamed(first.url, 'kept')
  await first.stop()
  await using second = await startApp({ TABSEED_DATA: first.dataDirectory })
  using client = await TrackerClient.open(second.announceUrl)
  expect(await client.announce(infoHash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
})

test('what peers did is known after a restart, and they are asked to come together sooner', async () => {
  using folder = tempFolder()
  const data = { TABSEED_DATA: folder.path }
  await using first = await startApp(data)
  const { infoHash } = await publishNamed(first.url, 'counted')
  const gone = await publishNamed(first.url, 'counted and gone')
  const counts = async (url: string, hash: string) => {
    using client = await TrackerClient.open(url)
    client.send({ action: 'scrape', info_hash: binary(hash) })
    return (await client.take('files'))['files']
  }
  for (const hash of [infoHash, gone.infoHash]) {
    using peer = await TrackerClient.open(first.announceUrl)
    expect((await peer.announce(hash, peerIdNamed('p')))['interval']).toBe(120)
    await peer.announce(hash, peerIdNamed('p'), { left: 0, event: 'completed' })
    await peer.announce(hash, peerIdNamed('p'), { left: 0, event: 'completed' })
  }
  const headers = { authorization: `Bearer ${gone.ownerKey}` }
  await fetch(`${first.url}/api/shares/${gone.infoHash}`, { method: 'DELETE', headers })
  await first.stop()

  await using second = await startApp(data)
  expect(await counts(second.announceUrl, infoHash)).toEqual({
    [binary(infoHash)]: { complete: 0, incomplete: 0, downloaded: 1 },
  })
  await publishNamed(second.url, 'counted and gone')
  expect(await counts(second.announceUrl, gone.infoHash)).toMatchObject({
    [binary(gone.infoHash)]: { downloaded: 0 },
  })
  using peer = await TrackerClient.open(second.announceUrl)
  const { interval } = await peer.announce(infoHash, peerIdNamed('p'))
  expect(interval).toBeGreaterThanOrEqual(60)
  expect(interval).toBeLessThanOrEqual(90)
})

test('classic clients are found after a restart, before they announce again', async () => {
  using folder = tempFolder()
  const data = { TABSEED_DATA: folder.path, TABSEED_TRUSTED_PROXIES: '127.0.0.1' }
  await using first = await startApp(data)
  const { infoHash } = await publishNamed(first.url, 'classic')
  const announce = async (url: string, address: string, left: number) => {
    const hash = infoHash.replace(/../g, '%$&')
    const id = encodeURIComponent(peerIdNamed(address))
    const query = `info_hash=${hash}&peer_id=${id}&port=6881&left=${left}`
    const answer = await fetch(`${url}/announce?${query}`, { headers: { 'x-forwarded-for': address } })
    return decode(new Uint8Array(await answer.arrayBuffer())).value as ReadonlyMap<string, Bencode>
  }
  await announce(first.url, '192.0.2.1', 0)
  await announce(first.url, '192.0.2.2', 7)
  await first.stop()

  await using second = await startApp(data)
  const answer = await announce(second.url, '192.0.2.3', 7)
  expect([answer.get('complete'), answer.get('incomplete')]).toEqual([1, 2])
  const peers = Buffer.from(answer.get('peers') as Uint8Array)
  expect([peers.subarray(0, 6).toString('hex'), peers.subarray(6).toString('hex')].sort()).toEqual([
    'c00002011ae1',
    'c00002021ae1',
  ])
})
