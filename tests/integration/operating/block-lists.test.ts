import { expect, test } from 'vitest'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import { postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const KEYS = { TABSEED_OPERATOR_KEYS: 'ann:key-of-ann-0123456789,bob:key-of-bob-0123456789' }
const as = (name: string) => ({ authorization: `Bearer key-of-${name}-0123456789` })

test('one server blocks what another exported, as text or as JSON', async () => {
  await using first = await startApp(KEYS)
  const { infoHash } = await publishNamed(first.url, 'unwanted')
  const torrent = await (await fetch(`${first.url}/t/${infoHash}.torrent`)).bytes()
  const path = `/api/shares/${infoHash}/blocked`
  await fetch(first.url + path, {
    method: 'PUT',
    headers: as('ann'),
    body: JSON.stringify({ reason: 'Fraud' }),
  })
  const list = async (format: string) =>
    (await fetch(`${first.url}/api/admin/blocks?format=${format}`, { headers: as('bob') })).text()
  const [text, json] = [await list('text'), await list('json')]
  expect(text).toMatch(new RegExp(`^#.*\n${infoHash} content:[0-9a-f]{64} Fraud\n$`))
  expect(JSON.parse(json).blocks).toMatchObject([{ infoHash, reason: 'Fraud', by: 'ann', name: 'unwanted' }])

  for (const [type, body] of [
    ['text/plain', text],
    ['application/json', json],
  ] as const) {
    await using second = await startApp(KEYS)
    await postTorrent(second.url, torrent)
    const post = () =>
      fetch(`${second.url}/api/admin/blocks`, {
        method: 'POST',
        headers: { ...as('bob'), 'content-type': type },
        body,
      })
    expect(await (await post()).json()).toEqual({ added: 1, known: 0 })
    expect(await (await post()).json()).toEqual({ added: 0, known: 1 })
    const gone = await fetch(`${second.url}/api/shares/${infoHash}`)
    expect(gone.status).toBe(451)
    expect(errorBodySchema.parse(await gone.json()).error.detail).toMatch(/^Fraud; to appeal, /)
    expect((await postTorrent(second.url, torrent)).status).toBe(451)
  }
})

test('a bad list changes nothing, and a list without a key neither', async () => {
  await using server = await startApp(KEYS)
  const { infoHash } = await publishNamed(server.url, 'stays')
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`${server.url}/api/admin/blocks`, { method: 'POST', headers, body })
  const codeOf = async (answer: Response) => errorBodySchema.parse(await answer.json()).error.code
  expect(await codeOf(await post(`${infoHash}\nnonsense`, as('ann')))).toBe('bad_request')
  const json = { ...as('ann'), 'content-type': 'application/json' }
  expect(await codeOf(await post(JSON.stringify({ blocks: [{ infoHash }, {}] }), json))).toBe('bad_request')
  expect(await codeOf(await post('[', json))).toBe('not_json')
  expect(await codeOf(await post(infoHash, {}))).toBe('operator_key_missing')
  expect(await codeOf(await post(infoHash, { authorization: 'Bearer wrong-key-0123456789' }))).toBe(
    'operator_only',
  )
  expect(await codeOf(await post('#'.repeat(17 * 1024 * 1024), as('ann')))).toBe('body_too_large')
  expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(200)
})

test('thousands of entries are taken while the server answers others', { tags: 'long' }, async () => {
  await using server = await startApp(KEYS)
  const { infoHash } = await publishNamed(server.url, 'one of many')
  const hashes = Array.from({ length: 20_000 }, (_, index) => index.toString(16).padStart(40, '0'))
  const imported = fetch(`${server.url}/api/admin/blocks`, {
    method: 'POST',
    headers: as('ann'),
    body: [...hashes, infoHash].join('\n'),
  })
  const start = performance.now()
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(await (await imported).json()).toEqual({ added: 20_001, known: 0 })
  expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(451)
  expect((await postTorrent(server.url, torrentNamed('one of many'))).status).toBe(451)
})
