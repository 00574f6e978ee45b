import { afterAll, beforeAll, expect, test } from 'vitest'
import { createdShareSchema, shareSchema } from '../../../lib/protocol/share.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { encryptedTorrent, makeEncryptedShare } from '../../support/content/encrypted-share.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const OPERATOR = 'operator-key-of-the-test-0123456789'

let server: TestApp
let torrent: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  server = await startApp({ TABSEED_LISTED: 'always', TABSEED_OPERATOR_KEY: OPERATOR })
  torrent = await encryptedTorrent(await makeEncryptedShare({ 'secret plans.txt': new Uint8Array(70_000) }))
})
afterAll(() => server[Symbol.asyncDispose]())

const post = (metainfo: Uint8Array, words: object) =>
  fetch(`${server.url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metainfo: Buffer.from(metainfo).toString('base64'), ...words }),
  })

async function refusal(answer: Response) {
  const { error } = (await answer.json()) as { error: { code: string; detail: string } }
  return { status: answer.status, code: error.code, detail: error.detail }
}

test('refuses names, and every word that others would read; nothing is published then', async () => {
  const named = await post(torrentNamed('holiday in Rome'), { encrypted: true })
  expect(await refusal(named)).toMatchObject({ status: 422, code: 'encrypted_names' })
  for (const words of [{ title: 'Rome' }, { description: 'Two weeks' }, { listed: true }]) {
    for (const more of [{ encrypted: true }, {}]) {
      const answer = await refusal(await post(torrent, { ...words, ...more }))
      expect(answer).toMatchObject({ status: 422, code: 'encrypted_names' })
      expect(answer.detail).toContain(Object.keys(words)[0])
    }
  }
  expect(await server.services.shares.isLive((await parseMetainfo(torrent)).infoHash)).toBe(false)
})

test('shows to others that it is one, and its size: no more, and in no list', async () => {
  const answer = await post(torrent, { encrypted: true })
  expect(answer.status).toBe(201)
  const { ownerKey, share } = createdShareSchema.parse(await answer.json())
  expect(share).toMatchObject({
    encrypted: true,
    listed: false,
    title: '',
    description: '',
    singleFile: true,
  })
  expect(share.name).toMatch(/^encrypted-[0-9a-f]{8}\.tabseed$/)
  const get = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${server.url}${path}`, { headers })).text()
  const { infoHash } = share
  expect(JSON.parse(await get(`/oembed?url=${encodeURIComponent(share.links.page)}`))).toMatchObject({
    title: 'An encrypted share, 104\u00a0kB',
  })
  expect(await get(`/embed/${infoHash}`)).toContain('<title>An encrypted share, 104\u00a0kB</title>')
  expect(await get(`/embed/${infoHash}`, { 'accept-language': 'de' })).toContain(
    'Verschlüsselte Dateien, 104\u00a0kB',
  )
  expect(await get(`/badge/${infoHash}.svg`)).toContain('An encrypted share, 104\u00a0kB')
  for (const list of ['/api/status', '/feed.atom']) expect(await get(list)).not.toContain(infoHash)
  const operator = { authorization: `Bearer ${OPERATOR}` }
  expect(await get('/api/admin/shares', operator)).toContain(infoHash)

  // Its owner cannot say more either, nor list it; when it ends can be changed.
  const patch = (change: object) =>
    fetch(`${server.url}/api/shares/${infoHash}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(change),
    })
  for (const change of [{ title: 'Rome' }, { description: 'Rome' }, { listed: true }]) {
    expect(await refusal(await patch(change))).toMatchObject({ code: 'encrypted_names' })
  }
  const ends = shareSchema.parse(await (await patch({ expiresIn: 3600, listed: false })).json())
  expect(ends).toMatchObject({ encrypted: true, listed: false, title: '' })
  expect(ends.expiresAt).not.toBeNull()
})

test('is what it is without being called so', async () => {
  const other = await encryptedTorrent(await makeEncryptedShare({ a: new Uint8Array(5) }))
  const raw = await fetch(`${server.url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent' },
    body: other,
  })
  expect(createdShareSchema.parse(await raw.json()).share).toMatchObject({ encrypted: true, listed: false })
  const open = createdShareSchema.parse(await (await post(torrentNamed('open'), {})).json())
  expect(open.share).toMatchObject({ encrypted: false, listed: true })
})
