import { createHash, randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { encodeInfo, encodeTorrent } from '../../lib/torrent/encode-torrent.ts'
import { askToKeep, keptBy, publishFromNode } from '../support/clients/node-publisher.ts'
import { tempFolder } from '../support/content/fixtures.ts'
import { torrentNamed } from '../support/content/shares.ts'
import { startApp } from '../support/server/app.ts'

const LIMIT = { timeout: 30_000, interval: 100 }
const PIECE = 16 * 1024 * 1024
const GB = 1e9

/** A share of 20 GB of which nobody has a byte, published from an address. */
async function publishNothing(url: string, name: string, address = '198.51.100.1') {
  const count = Math.floor((20 * GB) / PIECE)
  const pieces = randomBytes(20 * count)
  const infoBytes = encodeInfo({ name, pieceLength: PIECE, pieces, private: false, length: count * PIECE })
  const answer = await fetch(`${url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent', 'x-forwarded-for': address },
    body: encodeTorrent({ infoBytes, announceList: [] }),
  })
  const { ownerKey } = await answer.json()
  return { infoHash: createHash('sha1').update(infoBytes).digest('hex'), ownerKey }
}

test('shares that exist by name only leave room for an honest one, and one address asks for few of them', async () => {
  using folder = tempFolder()
  await using server = await startApp({
    TABSEED_SEEDER: 'on',
    TABSEED_SEEDER_PORT: '0',
    TABSEED_TRUSTED_PROXIES: '127.0.0.1',
  })
  const ask = async (name: string) => {
    const { infoHash, ownerKey } = await publishNothing(server.url, name)
    return fetch(`${server.url}/api/shares/${infoHash}/kept`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ownerKey}`, 'x-forwarded-for': '198.51.100.1' },
    })
  }
  for (let at = 0; at < 16; at += 1) expect((await ask(`nothing ${at}`)).status).toBe(202)
  const refused = await ask('one too many')
  expect(await refused.json()).toMatchObject({ error: { code: 'seeder_full' } })
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 1_000_000, 3)
  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
  await engine.close()
})

test('where every share is kept, those of one address are under its quota too', async () => {
  await using server = await startApp({
    TABSEED_SEEDER: 'on',
    TABSEED_SEEDER_PORT: '0',
    TABSEED_KEEP_ALIVE: 'always',
    TABSEED_TRUSTED_PROXIES: '127.0.0.1',
  })
  const isAsked = async (name: string, address: string) => {
    const { infoHash } = await publishNothing(server.url, name, address)
    return (await (await fetch(`${server.url}/api/shares/${infoHash}/kept`)).json()).asked
  }
  const asked: boolean[] = []
  for (let at = 0; at < 18; at += 1) asked.push(await isAsked(`nothing ${at}`, '198.51.100.1'))
  expect(asked).toEqual([...Array(16).fill(true), false, false])
  expect(await isAsked('of another', '198.51.100.2')).toBe(true)
})

test('a token has a quota of bytes kept, whoever asks for them', async () => {
  const KEY = 'operator-key-0123456789'
  await using server = await startApp({
    TABSEED_SEEDER: 'on',
    TABSEED_SEEDER_PORT: '0',
    TABSEED_PUBLISH: 'token',
    TABSEED_OPERATOR_KEY: KEY,
  })
  const { publishers } = server.services
  const { secret, token } = await publishers.create({ name: 'Ada', bytes: 250 })
  const publish = async (name: string) => {
    const answer = await fetch(`${server.url}/api/shares`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-bittorrent', authorization: `Bearer ${secret}` },
      body: torrentNamed(name),
    })
    const { ownerKey, share } = await answer.json()
    return { path: `/api/shares/${share.infoHash}/kept`, ownerKey }
  }
  const kept = ({ ownerKey, path }: { path: string; ownerKey: string }, method: string) =>
    fetch(server.url + path, { method, headers: { authorization: `Bearer ${ownerKey}` } })
  const [one, two, three] = [await publish('one'), await publish('two'), await publish('three')]
  expect((await kept(one, 'PUT')).status).toBe(202)
  expect((await kept(two, 'PUT')).status).toBe(202)
  expect(await publishers.find(token.id)).toMatchObject({ shares: 3, bytes: 200, bytesMax: 250 })
  expect(await (await kept(three, 'PUT')).json()).toMatchObject({ error: { code: 'seeder_full' } })
  // To ask again takes nothing; what is dropped makes room.
  expect((await kept(two, 'PUT')).status).toBe(202)
  expect((await kept(one, 'DELETE')).status).toBe(204)
  expect((await kept(three, 'PUT')).status).toBe(202)
  await publishers.revoke(token.id)
  expect(await (await kept(one, 'PUT')).json()).toMatchObject({ error: { code: 'token_revoked' } })
})
