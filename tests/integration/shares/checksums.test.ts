import { expect, test } from 'vitest'
import { checksumsSchema } from '../../../lib/protocol/checksums.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishWith } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const SUM = 'ab'.repeat(32)

test('the owner states checksums, everybody reads who says so, over a restart too; what is wrong changes nothing', async () => {
  using folder = tempFolder()
  const env = { TABSEED_DATA: folder.path }
  const first = await startApp(env)
  const { share, ownerKey = '' } = await publishWith(first.url, 'summed', {})
  const path = `/api/shares/${share.infoHash}/checksums`
  const read = async (url: string) => checksumsSchema.parse(await (await fetch(url + path)).json())
  const state = (sha256: unknown, key = ownerKey) =>
    fetch(first.url + path, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sha256 }),
    })
  expect(await read(first.url)).toEqual({ by: null, statedAt: null, sha256: [] })
  expect((await state([SUM])).status).toBe(200)
  const stated = await read(first.url)
  expect(stated).toMatchObject({ by: 'publisher', sha256: [SUM] })

  for (const [sha256, status] of [
    [[SUM, SUM], 400],
    [[], 400],
    [['AB'.repeat(32)], 400],
    [Array.from({ length: 10_001 }, () => null), 400],
  ] as const) {
    expect((await state(sha256)).status, JSON.stringify(sha256).slice(0, 80)).toBe(status)
  }
  expect((await state([SUM], 'x'.repeat(43))).status).toBe(403)
  expect((await fetch(`${first.url}/api/shares/${'0'.repeat(40)}/checksums`)).status).toBe(404)
  expect(await read(first.url)).toEqual(stated)
  expect((await state([null])).status).toBe(200)
  expect((await read(first.url)).sha256).toEqual([null])
  await state([SUM])
  await first[Symbol.asyncDispose]()

  await using second = await startApp(env)
  expect((await read(second.url)).sha256).toEqual([SUM])
  await fetch(`${second.url}/api/shares/${share.infoHash}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ownerKey}` },
  })
  expect((await fetch(second.url + path)).status).toBe(404)
})
