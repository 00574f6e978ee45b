import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import { createdShareSchema, errorBodySchema, shareSchema } from '../../../lib/protocol/share.ts'
import { type Encodable, encode } from '../../../lib/torrent/bencode.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { parseMagnet } from '../../../lib/torrent/magnet.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { rawAnswer } from '../../support/clients/raw-http.ts'
import { postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const UNKNOWN = '0123456789'.repeat(4)

let server: TestApp
beforeAll(async () => {
  server = await startApp()
})
afterAll(() => server[Symbol.asyncDispose]())

const api = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init)
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const JSON_TYPE = { 'content-type': 'application/json' }

/** Expects the one error shape, with the status that goes with the code, and returns the detail. */
async function expectError(response: Response, code: ErrorCode): Promise<string> {
  const body = await response.text()
  const { error } = errorBodySchema.parse(JSON.parse(body))
  expect(error.code).toBe(code)
  expect(response.status).toBe(ERROR_STATUS[code])
  expect(error.message).toMatch(/^[A-Z].*\.$/)
  expect(body).not.toMatch(/\bat .*\.(ts|js)\b/)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  return error.detail
}

describe('POST /api/shares', () => {
  test('can be sent again when the answer was lost, by who drew the owner key', async () => {
    const metainfo = Buffer.from(torrentNamed('lost answer')).toString('base64')
    const ownerKey = randomBytes(32).toString('base64url')
    const send = async (body: object) => {
      const response = await api('/api/shares', {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      })
      return { status: response.status, ownerKey: createdShareSchema.parse(await response.json()).ownerKey }
    }
    expect(await send({ metainfo, ownerKey })).toEqual({ status: 201, ownerKey })
    expect(await send({ metainfo, ownerKey })).toEqual({ status: 201, ownerKey })
    expect(await send({ metainfo })).toEqual({ status: 200 })
    expect(await send({ metainfo, ownerKey: randomBytes(32).toString('base64url') })).toEqual({ status: 200 })
    const weak = { metainfo, ownerKey: 'secret' }
    await expectError(
      await api('/api/shares', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(weak) }),
      'bad_request',
    )
  })

  test('says under which paths files are saved whose own cannot be one', async () => {
    const entry = (...path: string[]) =>
      new Map<string, Encodable>([
        ['length', 50],
        ['path', path],
      ])
    const info = new Map<string, Encodable>([
      ['files', [entry('AC/DC.mp3'), entry('fine.txt')]],
      ['name', 'odd ","files":[]'],
      ['piece length', 16_384],
      ['pieces', new Uint8Array(20)],
    ])
    const response = await postTorrent(server.url, encode(new Map<string, Encodable>([['info', info]])))
    expect(createdShareSchema.parse(await response.json()).share.files).toEqual([
      { path: 'AC/DC.mp3', length: 50, padding: false, savedAs: 'AC_DC.mp3' },
      { path: 'fine.txt', length: 50, padding: false },
    ])
  })

  test('takes a .torrent, computes the info hash, and gives the owner key once', async () => {
    const torrent = torrentNamed('first', 'hello')
    const metainfo = await parseMetainfo(torrent)
    const response = await postTorrent(server.url, torrent)
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`/api/shares/${metainfo.infoHash}`)
    const { share, ownerKey } = createdShareSchema.parse(await response.json())
    expect(share).toMatchObject({
      infoHash: metainfo.infoHash,
      name: 'first',
      length: 100,
      pieceCount: 1,
      singleFile: true,
      files: [{ path: 'first', length: 100, padding: false }],
    })
    expect(Buffer.from(ownerKey ?? '', 'base64url')).toHaveLength(32)

    const again = await postTorrent(server.url, torrent)
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ share })
  })

  test('takes JSON with words, which a second publisher does not change', async () => {
    const metainfo = Buffer.from(torrentNamed('json')).toString('base64')
    const post = (words: object) =>
      api('/api/shares', {
        method: 'POST',
        headers: { 'content-type': 'Application/JSON; charset=utf-8' },
        body: JSON.stringify({ metainfo, ...words }),
      })
    const first = createdShareSchema.parse(
      await (await post({ title: ' <b>T</b> ', description: 'D' })).json(),
    )
    expect(first.share).toMatchObject({ title: '<b>T</b>', description: 'D' })
    const second = await post({ title: 'mine now' })
    expect(second.status).toBe(200)
    expect(await second.json()).toEqual({ share: first.share })
  })

  const text = (value: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(value, 'latin1'))
  const valid = Buffer.from(torrentNamed('x')).toString('latin1')
  const edited = (from: string, to: string): Uint8Array<ArrayBuffer> => {
    expect(valid).toContain(from)
    return text(valid.replace(from, to))
  }
  test.each<[string, ErrorCode, () => Uint8Array<ArrayBuffer>]>([
    ['empty', 'metainfo_syntax', () => text('')],
    ['truncated', 'metainfo_syntax', () => text(valid.slice(0, -20))],
    ['with a huge length', 'metainfo_invalid', () => edited('i100e', `i${'9'.repeat(30)}e`)],
    ['with a negative length', 'metainfo_invalid', () => edited('i100e', 'i-100e')],
    ['deeply nested', 'metainfo_syntax', () => text('l'.repeat(100_000) + 'e'.repeat(100_000))],
    ['with too few piece hashes', 'metainfo_invalid', () => edited('i100e', 'i100000e')],
  ])('refuses a metainfo %s', async (_, code, torrent) => {
    await expectError(await postTorrent(server.url, torrent()), code)
  })

  test('refuses a body over 8 MiB, declared or streamed', async () => {
    const large = new Uint8Array(METAINFO_MAX_BYTES + 1)
    await expectError(await postTorrent(server.url, large), 'body_too_large')
    const streamed = api('/api/shares', {
      method: 'POST',
      headers: { 'content-type': 'application/x-bittorrent' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit)
    await expectError(await streamed, 'body_too_large')
  })

  test('refuses other content types and compressed bodies', async () => {
    const post = (headers: Record<string, string>) =>
      api('/api/shares', { method: 'POST', headers, body: 'x' })
    await expectError(await post({ 'content-type': 'text/plain' }), 'content_type')
    await expectError(await post({ 'content-type': 'multipart/form-data' }), 'content_type')
    const gzip = { 'content-type': 'application/x-bittorrent', 'content-encoding': 'gzip' }
    await expectError(await post(gzip), 'content_type')
  })

  test.each<[string, ErrorCode, string]>([
    ['is no JSON', 'not_json', '{'],
    ['is no object', 'bad_request', '5'],
    ['has no metainfo', 'bad_request', '{}'],
    ['has no base64', 'bad_request', '{"metainfo":"%%%"}'],
    ['has unknown keys', 'bad_request', '{"metainfo":"","ownerKey":"x"}'],
    ['has a title that is too long', 'bad_request', JSON.stringify({ metainfo: '', title: 'x'.repeat(201) })],
  ])('refuses a body that %s', async (_, code, body) => {
    await expectError(await api('/api/shares', { method: 'POST', headers: JSON_TYPE, body }), code)
  })

  test('leaves nothing behind when the sender goes away in the middle', async () => {
    const torrent = torrentNamed('half')
    const { infoHash } = await parseMetainfo(torrent)
    const { port } = new URL(server.url)
    const socket = connect(Number(port), '127.0.0.1')
    const head = `POST /api/shares HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-bittorrent\r\nContent-Length: ${torrent.length}\r\n\r\n`
    await new Promise(resolve =>
      socket.write(Buffer.concat([Buffer.from(head), torrent.slice(0, -1)]), resolve),
    )
    const closed = new Promise(resolve => socket.once('close', resolve))
    socket.destroy()
    await closed
    await expectError(await api(`/api/shares/${infoHash}`), 'share_not_found')
  })
})

describe('one share', () => {
  test('is found by its info hash in any case, and nothing lists it', async () => {
    const { share, infoHash } = await publishNamed(server.url, 'found')
    const response = await api(`/api/shares/${infoHash.toUpperCase()}`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(shareSchema.parse(await response.json())).toEqual(share)
    await expectError(await api('/api/shares'), 'method_not_allowed')
  })

  test('is not found when it does not exist', async () => {
    await expectError(await api(`/api/shares/${UNKNOWN}`), 'share_not_found')
    await expectError(await api(`/t/${UNKNOWN}.torrent`), 'share_not_found')
    await expectError(await api('/api/shares/xyz'), 'share_not_found')
  })

  test('changes its words for its owner only', async () => {
    const { infoHash, ownerKey, share } = await publishNamed(server.url, 'words')
    const other = await publishNamed(server.url, 'other words')
    const patch = (headers: Record<string, string>, body: string) =>
      api(`/api/shares/${infoHash}`, { method: 'PATCH', headers: { ...JSON_TYPE, ...headers }, body })

    await expectError(await patch({}, '{"title":"x"}'), 'owner_key_missing')
    await expectError(await patch(bearer(other.ownerKey), '{"title":"x"}'), 'owner_key_wrong')
    await expectError(await patch(bearer('short'), '{"title":"x"}'), 'owner_key_wrong')
    await expectError(await patch(bearer(ownerKey), '{}'), 'bad_request')
    await expectError(await patch(bearer(ownerKey), '{"name":"x"}'), 'bad_request')
    await expectError(await patch(bearer(ownerKey), `{"title":"${'x'.repeat(100_000)}"}`), 'body_too_large')

    const updated = await (await patch(bearer(ownerKey), '{"title":"New"}')).json()
    expect(updated).toEqual({ ...share, title: 'New', updatedAt: updated.updatedAt })
    expect(await (await api(`/api/shares/${infoHash}`)).json()).toEqual(updated)
  })

  test('does not take the owner key from the query', async () => {
    const { infoHash, ownerKey } = await publishNamed(server.url, 'query key')
    const response = await api(`/api/shares/${infoHash}?ownerKey=${ownerKey}`, { method: 'DELETE' })
    await expectError(response, 'owner_key_missing')
  })

  test('goes when its owner deletes it', async () => {
    const { infoHash, ownerKey } = await publishNamed(server.url, 'deleted')
    const remove = (headers = {}) => api(`/api/shares/${infoHash}`, { method: 'DELETE', headers })
    await expectError(await remove(), 'owner_key_missing')
    expect((await remove(bearer(ownerKey))).status).toBe(204)
    await expectError(await remove(bearer(ownerKey)), 'share_not_found')
    await expectError(await api(`/t/${infoHash}.torrent`), 'share_not_found')
  })

  test('keeps no usable owner key, on disk or in the log', async () => {
    const { ownerKey, infoHash } = await publishNamed(server.url, 'key at rest')
    await api(`/api/shares/${infoHash}?secret=${ownerKey}`, { method: 'PATCH', headers: bearer(ownerKey) })
    await expect.poll(server.log).toContain(`/api/shares/${infoHash}`)
    expect(server.log()).not.toContain(ownerKey)
    expect(server.log()).not.toContain('127.0.0.1')
    const database = readFileSync(`${server.dataDirectory}/tabseed.sqlite-wal`)
    expect(database.includes(createHash('sha256').update(ownerKey).digest())).toBe(true)
    expect(database.includes(ownerKey)).toBe(false)
  })
})

describe('links', () => {
  test('lead back here, with our trackers', async () => {
    const { share, infoHash } = await publishNamed(server.url, 'links')
    expect(share.links.page).toBe(`${server.url}/d/${infoHash}`)
    expect(parseMagnet(share.links.magnet)).toMatchObject({
      infoHash,
      name: 'links',
      length: 100,
      trackers: [server.announceUrl, `${server.url}/announce`],
      source: share.links.torrent,
    })
  })

  test('a .torrent has the same info hash, our trackers, the comment and a safe file name', async () => {
    const name = 'Ünïcode "quote" \u202e.txt'
    const response = await postTorrent(server.url, torrentNamed(name, 'a comment'))
    const { share } = createdShareSchema.parse(await response.json())
    const torrent = await fetch(share.links.torrent)
    expect(torrent.headers.get('content-type')).toBe('application/x-bittorrent')
    expect(torrent.headers.get('access-control-allow-origin')).toBe('*')
    const disposition = torrent.headers.get('content-disposition') ?? ''
    expect(disposition).toMatch(/^attachment; filename="[ !#-[\]-~]*"; filename\*=UTF-8''[\w.%~!-]+$/)
    expect(decodeURIComponent(disposition.split("''")[1] ?? '')).toBe(`${name}.torrent`)
    const metainfo = await parseMetainfo(new Uint8Array(await torrent.arrayBuffer()))
    expect(metainfo).toMatchObject({
      infoHash: share.infoHash as InfoHash,
      comment: 'a comment',
      announceList: [[server.announceUrl], [`${server.url}/announce`]],
    })
  })
})

describe('routes', () => {
  test('HEAD answers like GET without the body', async () => {
    const { infoHash } = await publishNamed(server.url, 'head')
    const [head, get] = await Promise.all([
      api(`/t/${infoHash}.torrent`, { method: 'HEAD' }),
      api(`/t/${infoHash}.torrent`),
    ])
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
    expect(head.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength))
  })

  test('OPTIONS and wrong methods say what is allowed', async () => {
    const options = await api('/api/shares', { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'OPTIONS, POST'])
    const wrong = await api(`/api/shares/${UNKNOWN}`, { method: 'PUT' })
    expect(wrong.headers.get('allow')).toBe('OPTIONS, HEAD, GET, PATCH, DELETE')
    await expectError(wrong, 'method_not_allowed')
    await expectError(await api('/announce', { method: 'POST' }), 'method_not_allowed')
  })

  test('health and ICE servers are JSON; what is unknown below /api too', async () => {
    expect(await (await api('/healthz')).json()).toEqual({ status: 'ok' })
    expect(await (await api('/api/ice')).json()).toEqual({
      iceServers: [],
      expiresAt: null,
      validFor: null,
      connect: 'direct',
      webSeedUse: 'first',
    })
    for (const path of ['/api', '/api/', '/api/other', `/api/shares/${UNKNOWN}/x`]) {
      await expectError(await api(path), 'route_not_found')
    }
  })

  test('a Host header that is no host is refused, also for pages', async () => {
    for (const target of ['/', `/api/shares/${UNKNOWN}`]) {
      const answer = await rawAnswer(server.url, target, 'a"onload=alert(1)')
      expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*bad_request/)
    }
    expect(await rawAnswer(server.url, 'http://elsewhere/', 'x')).toMatch(/^HTTP\/1.1 400 [\s\S]*bad_request/)
  })
})
