import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { postTorrent, publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const LIMIT = { timeout: 60_000, interval: 100 }
const KEY = 'operator-key-0123456789'
const ENV = { TABSEED_OPERATOR_KEY: KEY }

const block = (url: string, infoHash: string, key: string | undefined, method = 'PUT') =>
  fetch(`${url}/api/shares/${infoHash}/blocked`, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  })

const codeOf = async (response: Response) => errorBodySchema.parse(await response.json()).error.code

test('only the operator blocks a share; it is gone, refused, and may come back when it is allowed again', async () => {
  await using server = await startApp(ENV)
  const { infoHash, ownerKey } = await publishNamed(server.url, 'unwanted')
  const torrent = await (await fetch(`${server.url}/t/${infoHash}.torrent`)).bytes()

  expect(await codeOf(await block(server.url, infoHash, undefined))).toBe('operator_key_missing')
  expect(await codeOf(await block(server.url, infoHash, ownerKey))).toBe('operator_only')
  expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(200)

  expect((await block(server.url, infoHash, KEY)).status).toBe(200)
  expect(await codeOf(await fetch(`${server.url}/api/shares/${infoHash}`))).toBe('share_blocked')
  const again = await postTorrent(server.url, torrent)
  expect(again.status).toBe(451)
  expect(await codeOf(again)).toBe('share_blocked')

  expect((await block(server.url, infoHash, KEY, 'DELETE')).status).toBe(200)
  expect((await postTorrent(server.url, torrent)).status).toBe(201)
})

test('without an operator key nobody is the operator', async () => {
  await using server = await startApp()
  const { infoHash } = await publishNamed(server.url, 'mine')
  expect(await codeOf(await block(server.url, infoHash, KEY))).toBe('operator_only')
  expect(await codeOf(await block(server.url, infoHash, ''))).toBe('operator_key_missing')
})

test('the operator pins a share that others keep, and what is blocked is let go of at once', async () => {
  using folder = tempFolder()
  await using server = await startApp({ ...ENV, TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 3_000_000, 31)
  const seeder = join(server.dataDirectory, 'seeder')
  const pinned = () =>
    JSON.parse(readFileSync(join(seeder, `${metainfo.infoHash}.json`), 'utf8')).pinned as boolean

  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
  expect(pinned()).toBe(false)
  expect((await askToKeep(server.url, metainfo, KEY)).status).toBe(202)
  await vi.waitFor(() => expect(pinned()).toBe(true), LIMIT)

  expect((await block(server.url, metainfo.infoHash, KEY)).status).toBe(200)
  const held = `${server.url}/w/${metainfo.infoHash}/${metainfo.name}`
  expect((await fetch(held)).status).toBe(451)
  await vi.waitFor(() => expect(existsSync(join(seeder, metainfo.infoHash))).toBe(false), LIMIT)
  await engine.close()
})
