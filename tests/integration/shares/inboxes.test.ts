import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import {
  ASK_MAX_BYTES,
  DELIVERIES_MAX,
  DELIVERIES_PAGE,
  DELIVERY_MAX_BYTES,
  deliveredSchema,
  deliveriesSchema,
  deliveryStateSchema,
  INBOX_DAYS,
  inboxSchema,
} from '../../../lib/protocol/inbox.ts'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const OWNER_KEY = 'o'.repeat(43)
const OPERATOR_KEY = 'key-of-ann-0123456789'
const UNKNOWN = 'A'.repeat(22)
const DAY_MS = 86_400_000

const sealedOf = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64url')
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

const post = (
  { url }: Pick<TestApp, 'url'>,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

async function ask(server: Pick<TestApp, 'url'>, sealed = sealedOf(40)) {
  const answer = await post(server, '/api/inboxes', { ownerKey: OWNER_KEY, sealed })
  expect(answer.status).toBe(201)
  const inbox = inboxSchema.parse(await answer.json())
  expect(answer.headers.get('location')).toBe(`/api/inboxes/${inbox.id}`)
  return { ...inbox, path: `/api/inboxes/${inbox.id}` }
}

const deliver = (server: Pick<TestApp, 'url'>, path: string, sealed = sealedOf(300)) =>
  post(server, `${path}/deliveries`, { sealed })

async function deliveries({ url }: Pick<TestApp, 'url'>, path: string, after = 0) {
  const answer = await fetch(`${url}${path}/deliveries?after=${after}`, { headers: bearer(OWNER_KEY) })
  return deliveriesSchema.parse(await answer.json())
}

const codeOf = async (answer: Response | Promise<Response>) =>
  errorBodySchema.parse(await (await answer).json()).error.code

describe('an inbox', () => {
  test('takes what anybody with the link sends, for its owner alone, over a restart', async () => {
    using folder = tempFolder()
    const env = { TABSEED_DATA: folder.path }
    const first = await startApp(env)
    const { path, ...inbox } = await ask(first, sealedOf(ASK_MAX_BYTES))
    expect(inbox.id).toMatch(/^[\w-]{22}$/)
    expect(Date.parse(inbox.expiresAt) - Date.parse(inbox.createdAt)).toBe(INBOX_DAYS * DAY_MS)
    expect(inboxSchema.parse(await (await fetch(first.url + path)).json())).toEqual(inbox)
    const sealed = [sealedOf(1), sealedOf(300), sealedOf(DELIVERY_MAX_BYTES)]
    for (const each of sealed) expect((await deliver(first, path, each)).status).toBe(201)
    await first[Symbol.asyncDispose]()

    await using second = await startApp(env)
    const { deliveries: found, more } = await deliveries(second, path)
    expect(found.map(each => each.sealed)).toEqual(sealed)
    expect(more).toBe(false)
    expect((await deliveries(second, path, found[1]?.number)).deliveries).toEqual(found.slice(2))

    const list = (headers: Record<string, string>) => fetch(`${second.url}${path}/deliveries`, { headers })
    expect(await codeOf(list({}))).toBe('owner_key_missing')
    expect(await codeOf(list(bearer('x'.repeat(43))))).toBe('owner_key_wrong')
    expect(await codeOf(fetch(second.url + path, { method: 'DELETE' }))).toBe('owner_key_missing')
    expect(
      await codeOf(fetch(`${second.url}${path}/deliveries?after=x`, { headers: bearer(OWNER_KEY) })),
    ).toBe('bad_request')
    expect(second.log()).not.toContain(OWNER_KEY)
  })

  test('tells a sender, and nobody else, whether the page of who asked has what they sent', async () => {
    await using server = await startApp()
    const { path } = await ask(server)
    const send = async (sealed: string) =>
      deliveredSchema.parse(await (await deliver(server, path, sealed)).json()).receipt
    const [first, second] = [await send(sealedOf(300)), await send(sealedOf(400))]
    const ofReceipt = (receipt: string) => fetch(`${server.url}${path}/deliveries/${receipt}`)
    const isFetched = async (receipt: string) =>
      deliveryStateSchema.parse(await (await ofReceipt(receipt)).json()).fetched

    const { deliveries: found } = await deliveries(server, path)
    // The answer may have been lost: who asks for what follows has what was before.
    expect([await isFetched(first), await isFetched(second)]).toEqual([false, false])
    await deliveries(server, path, found[0]?.number)
    expect([await isFetched(first), await isFetched(second)]).toEqual([true, false])
    await deliveries(server, path, 0)
    await deliveries(server, path, found[1]?.number)
    expect([await isFetched(first), await isFetched(second)]).toEqual([true, true])

    // Neither of another delivery, nor guessed, nor of another inbox.
    const other = await ask(server)
    for (const [at, receipt] of [
      [path, second.replace(/^\d+/, first.split('-')[0] ?? '')],
      [path, '1'],
      [path, `9-${'A'.repeat(43)}`],
      [other.path, first],
    ]) {
      const answer = await fetch(`${server.url}${at}/deliveries/${receipt}`)
      expect(answer.status).toBe(404)
      expect(await codeOf(answer)).toBe('inbox_not_found')
    }
    const late = await fetch(`${server.url}${path}/deliveries?after=99`, { headers: bearer('x'.repeat(43)) })
    expect(late.status).toBe(403)
    await fetch(server.url + path, { method: 'DELETE', headers: bearer(OWNER_KEY) })
    expect(await codeOf(ofReceipt(first))).toBe('inbox_ended')
  })

  test('that is stopped says so from then on, and keeps nothing of what was sent', async () => {
    await using server = await startApp()
    const { path } = await ask(server)
    await deliver(server, path)
    const stop = () => fetch(server.url + path, { method: 'DELETE', headers: bearer(OWNER_KEY) })
    expect((await stop()).status).toBe(204)
    for (const answer of [
      await stop(),
      await fetch(server.url + path),
      await deliver(server, path),
      await fetch(`${server.url}${path}/deliveries`, { headers: bearer(OWNER_KEY) }),
    ]) {
      expect(answer.status).toBe(410)
      expect(await codeOf(answer)).toBe('inbox_ended')
    }
    const database = new Database(join(server.dataDirectory, 'tabseed.sqlite'), { readonly: true })
    expect(database.prepare('SELECT count(*) FROM inboxes_deliveries').pluck().get()).toBe(0)
    expect(database.prepare('SELECT length(sealed) FROM inboxes').pluck().get()).toBe(0)
    database.close()
  })

  test('ends by itself, and is forgotten long after', async () => {
    await using server = await startApp()
    const { createdAt, expiresAt, id, path } = await ask(server)
    await deliver(server, path)
    const { inboxes } = server.services
    if (inboxes === null) throw new TypeError('it is on')
    const at = (days: number) => new Date(Date.parse(createdAt) + days * DAY_MS)
    await inboxes.sweep(at(INBOX_DAYS - 1))
    expect((await fetch(server.url + path)).status).toBe(200)
    await expect(inboxes.find(id, new Date(expiresAt))).rejects.toMatchObject({ code: 'inbox_ended' })
    await expect(
      inboxes.deliver(id, { sealed: new Uint8Array(1) }, 'x', new Date(expiresAt)),
    ).rejects.toMatchObject({
      code: 'inbox_ended',
    })
    await inboxes.sweep(at(INBOX_DAYS))
    expect((await fetch(server.url + path)).status).toBe(410)
    await inboxes.sweep(at(INBOX_DAYS + 29))
    expect((await fetch(server.url + path)).status).toBe(410)
    await inboxes.sweep(at(INBOX_DAYS + 31))
    expect((await fetch(server.url + path)).status).toBe(404)
  })

  test('is not there under any other name', async () => {
    await using server = await startApp()
    for (const name of [UNKNOWN, 'x', '..%2f', '%00', `${UNKNOWN}A`]) {
      const path = `/api/inboxes/${name}`
      expect(await codeOf(fetch(server.url + path)), name).toBe('inbox_not_found')
      expect(await codeOf(deliver(server, path)), name).toBe('inbox_not_found')
      expect(await codeOf(fetch(server.url + path, { method: 'DELETE', headers: bearer(OWNER_KEY) }))).toBe(
        'inbox_not_found',
      )
    }
  })
})

test('what is too large or no base64url is refused and changes nothing', async () => {
  await using server = await startApp()
  const { path } = await ask(server)
  for (const [body, status] of [
    [{ sealed: sealedOf(DELIVERY_MAX_BYTES + 2) }, 400],
    [{ sealed: 'A'.repeat(100_000) }, 413],
    [{ sealed: '' }, 400],
    [{ sealed: 'AAAAA' }, 400],
    [{ sealed: 'not/base64+' }, 400],
    [{ sealed: 'AAAA', name: 'Eve' }, 400],
    [{}, 400],
    ['{', 400],
  ] as const) {
    const answer = await post(server, `${path}/deliveries`, body)
    expect(answer.status, JSON.stringify(body).slice(0, 60)).toBe(status)
  }
  for (const body of [
    { ownerKey: OWNER_KEY, sealed: sealedOf(ASK_MAX_BYTES + 2) },
    { ownerKey: 'short', sealed: sealedOf(10) },
    { sealed: sealedOf(10) },
    { ownerKey: OWNER_KEY, sealed: sealedOf(10), id: UNKNOWN },
  ]) {
    expect((await post(server, '/api/inboxes', body)).status, JSON.stringify(body)).toBe(400)
  }
  expect((await deliveries(server, path)).deliveries).toEqual([])
})

test('an inbox takes a number of deliveries, which are read page by page', async () => {
  await using server = await startApp({ TABSEED_LIMITS: 'off' })
  const { path } = await ask(server)
  const other = await ask(server)
  for (let sent = 0; sent < DELIVERIES_MAX; sent++) {
    expect((await deliver(server, path, sealedOf(sent + 1))).status).toBe(201)
  }
  const refused = await deliver(server, path)
  expect([refused.status, await codeOf(refused)]).toEqual([409, 'inbox_full'])
  expect((await deliver(server, other.path)).status).toBe(201)
  const lengths: number[] = []
  for (let after = 0; ; ) {
    const page = await deliveries(server, path, after)
    expect(page.deliveries.length).toBeLessThanOrEqual(DELIVERIES_PAGE)
    lengths.push(...page.deliveries.map(({ sealed }) => Buffer.from(sealed, 'base64url').length))
    after = page.deliveries.at(-1)?.number ?? 0
    if (!page.more) break
  }
  expect(lengths).toEqual(Array.from({ length: DELIVERIES_MAX }, (_, sent) => sent + 1))
})

test('one address makes and sends so many at once', async () => {
  await using server = await startApp()
  const { path } = await ask(server)
  const body = { ownerKey: OWNER_KEY, sealed: sealedOf(10) }
  const made: number[] = []
  for (let count = 0; count < 25; count++) made.push((await post(server, '/api/inboxes', body)).status)
  // One was made before.
  expect(made).toEqual([...Array(19).fill(201), ...Array(6).fill(429)])
  const sent: number[] = []
  for (let count = 0; count < 105; count++) sent.push((await deliver(server, path)).status)
  expect(sent.filter(status => status === 201).length).toBeGreaterThanOrEqual(100)
  expect(sent.at(-1)).toBe(429)
})

test('who may publish may ask; an operator may end it without reading; `off` ends it for all', async () => {
  const env = { TABSEED_OPERATOR_KEYS: `ann:${OPERATOR_KEY}` }
  const token = { ...env, TABSEED_OPERATOR_KEY: 'another-operator-key', TABSEED_PUBLISH: 'token' }
  await using server = await startApp(token)
  const body = { ownerKey: OWNER_KEY, sealed: sealedOf(10) }
  expect(await codeOf(post(server, '/api/inboxes', body))).toBe('token_missing')
  const made = await post(server, '/api/inboxes', body, bearer(OPERATOR_KEY))
  const { id } = inboxSchema.parse(await made.json())
  const path = `/api/inboxes/${id}`
  expect((await deliver(server, path)).status).toBe(201)
  const asOperator = { headers: bearer(OPERATOR_KEY) }
  expect(await codeOf(fetch(`${server.url}${path}/deliveries`, asOperator))).toBe('owner_key_wrong')
  expect((await fetch(server.url + path, { method: 'DELETE', ...asOperator })).status).toBe(204)
  expect((await fetch(server.url + path)).status).toBe(410)

  await using off = await startApp({ TABSEED_RECEIVE: 'off' })
  expect((await post(off, '/api/inboxes', body)).status).toBe(405)
  expect(await codeOf(fetch(`${off.url}/api/inboxes`))).toBe('route_not_found')
  expect(await codeOf(fetch(`${off.url}${path}`))).toBe('route_not_found')
})
