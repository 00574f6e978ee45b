import { createHash, randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { encodeInfo, encodeTorrent } from '../../lib/torrent/encode-torrent.ts'
import { askToKeep, keptBy, publishFromNode } from '../support/clients/node-publisher.ts'
import { tempFolder } from '../support/content/fixtures.ts'
import { postTorrent } from '../support/content/shares.ts'
import { startApp } from '../support/server/app.ts'

const LIMIT = { timeout: 30_000, interval: 100 }
const PIECE = 16 * 1024 * 1024
const GB = 1e9

/** A share of 20 GB of which nobody has a byte. */
async function publishNothing(url: string, name: string) {
  const count = Math.floor((20 * GB) / PIECE)
  const pieces = randomBytes(20 * count)
  const infoBytes = encodeInfo({ name, pieceLength: PIECE, pieces, private: false, length: count * PIECE })
  const answer = await postTorrent(url, encodeTorrent({ infoBytes, announceList: [] }))
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
