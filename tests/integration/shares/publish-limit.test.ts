import { expect, test } from 'vitest'
import { postTorrent, torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const LARGE = 8 * 1024 * 1024 - 10_000

/** Not one that is taken, but one whose bytes count. */
const filler = () => new Uint8Array(LARGE)

test('one address can publish so much at once, and others all the same', async () => {
  await using server = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
  const post = (address: string, torrent: Uint8Array<ArrayBuffer>) =>
    fetch(`${server.url}/api/shares`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-bittorrent', 'x-forwarded-for': address },
      body: torrent,
    })
  const statuses: number[] = []
  for (let sent = 0; sent < 17; sent += 1) statuses.push((await post('2001:db8::1', filler())).status)
  // 128 MiB are sixteen of them.
  expect(statuses.slice(0, 16)).toEqual(Array(16).fill(422))
  expect(statuses[16]).toBe(429)
  const refused = await post('2001:db8::2', filler())
  expect(refused.headers.get('retry-after')).toBe('10')
  expect(await refused.json()).toMatchObject({ error: { code: 'too_many_shares' } })
  expect((await post('2001:db8:0:1::1', torrentNamed('other network'))).status).toBe(201)
  // Nothing was published by who was refused.
  expect((await (await fetch(`${server.url}/status.json`)).json()).totals.shares).toBe(1)
})

test('TABSEED_LIMITS=off lifts it', async () => {
  await using server = await startApp({ TABSEED_LIMITS: 'off' })
  for (let sent = 0; sent < 20; sent += 1) expect((await postTorrent(server.url, filler())).status).toBe(422)
})
