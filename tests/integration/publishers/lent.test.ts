import { describe, expect, test } from 'vitest'
import { DELIVERIES_MAX, INBOX_DAYS, inboxSchema } from '../../../lib/protocol/inbox.ts'
import { SEND_TOKEN_PREFIX } from '../../../lib/protocol/invitation-text.ts'
import { createdTokenSchema, publishingSchema } from '../../../lib/protocol/publishing.ts'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { expectFault } from '../../support/server/bucket.ts'

const KEY = 'operator-key-0123456789'
const OWNER_KEY = 'o'.repeat(43)
const SEND_KEY = 's'.repeat(43)
const DAY_MS = 86_400_000
const TOKENS = { TABSEED_PUBLISH: 'token', TABSEED_OPERATOR_KEY: KEY, TABSEED_LIMITS: 'off' }

type Headers = Record<string, string>
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` })

const send = ({ url }: TestApp, method: string, path: string, headers: Headers, body?: object) =>
  fetch(url + path, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })

async function tokenFor(server: TestApp, body: object) {
  const answer = await send(server, 'POST', '/api/admin/tokens', bearer(KEY), body)
  const { secret, token } = createdTokenSchema.parse(await answer.json())
  return { id: token.id, headers: bearer(secret ?? '') }
}

/** An inbox of whoever has `headers`, and the headers of who has its link. */
async function ask(server: TestApp, headers: Headers, more: object = { sendKey: SEND_KEY }) {
  const body = { ownerKey: OWNER_KEY, sealed: 'AAAA', ...more }
  const answer = await send(server, 'POST', '/api/inboxes', headers, body)
  expect(answer.status).toBe(201)
  const { id, lends } = inboxSchema.parse(await answer.json())
  return { id, lends, path: `/api/inboxes/${id}`, link: bearer(SEND_TOKEN_PREFIX + id + SEND_KEY) }
}

const nameOf = (number: number) => `encrypted-${number.toString(16).padStart(8, '0')}.tabseed`

const publishJson = (server: TestApp, number: number, headers: Headers, words: object = {}) =>
  send(server, 'POST', '/api/shares', headers, {
    metainfo: Buffer.from(torrentNamed(nameOf(number))).toString('base64'),
    encrypted: true,
    ...words,
  })

const publish = ({ url }: TestApp, name: string, headers: Headers) =>
  fetch(`${url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent', ...headers },
    body: torrentNamed(name),
  })

const usage = async (server: TestApp, headers: Headers) =>
  publishingSchema.parse(await (await send(server, 'GET', '/api/publishing', headers)).json()).publisher

const shareIn = async (answer: Response) => {
  expect(answer.status).toBe(201)
  return createdShareSchema.parse(await answer.json())
}

describe('with TABSEED_PUBLISH=token, who has a link to send files with', () => {
  test('publishes what is encrypted by the right of who asked, and it counts to them', async () => {
    await using server = await startApp(TOKENS)
    const ada = await tokenFor(server, { name: 'Ada', shares: 2 })
    const { lends, link, path } = await ask(server, ada.headers)
    expect(lends).toBe(true)
    expect(inboxSchema.parse(await (await fetch(server.url + path)).json()).lends).toBe(true)
    const { ownerKey = '', share } = await shareIn(await publishJson(server, 1, link))
    expect(await usage(server, ada.headers)).toMatchObject({ name: 'Ada', shares: 1 })
    // An answer that was lost: the same again takes nothing.
    expect((await publishJson(server, 1, link)).status).toBe(200)

    // It ends by itself, at the latest when an inbox does, and is not prolonged.
    const left = Date.parse(share.expiresAt ?? '') - Date.now()
    expect(left).toBeGreaterThan((INBOX_DAYS - 1) * DAY_MS)
    expect(left).toBeLessThanOrEqual(INBOX_DAYS * DAY_MS)
    const shareUrl = `/api/shares/${share.infoHash}`
    for (const expiresIn of [null, (INBOX_DAYS + 1) * 86_400]) {
      await expectFault(
        await send(server, 'PATCH', shareUrl, bearer(ownerKey), { expiresIn }),
        'expiry_too_long',
      )
    }
    expect((await send(server, 'PATCH', shareUrl, bearer(ownerKey), { expiresIn: 86_400 })).status).toBe(200)
    const soon = await shareIn(await publishJson(server, 2, link, { expiresIn: 3600 }))
    expect(Date.parse(soon.share.expiresAt ?? '')).toBeLessThanOrEqual(Date.now() + 3_600_000)

    // As many as the token allows, and said before anything is hashed.
    await expectFault(await publishJson(server, 3, link), 'inbox_refused')
    await expectFault(await fetch(server.url + path), 'inbox_refused')
    expect((await send(server, 'DELETE', shareUrl, bearer(ownerKey))).status).toBe(204)
    expect((await fetch(server.url + path)).status).toBe(200)
    expect(server.log()).not.toContain(SEND_KEY)
  })

  test('publishes nothing else with it, and does nothing else', async () => {
    await using server = await startApp(TOKENS)
    const ada = await tokenFor(server, { name: 'Ada' })
    const { id, link, path } = await ask(server, ada.headers)
    await expectFault(await publish(server, 'open.bin', link), 'encrypted_names')
    for (const words of [{ title: 'Read me' }, { description: 'x' }, { listed: true }]) {
      await expectFault(await publishJson(server, 1, link, words), 'encrypted_names')
    }
    const inbox = { ownerKey: OWNER_KEY, sealed: 'AAAA' }
    await expectFault(await send(server, 'POST', '/api/inboxes', link, inbox), 'token_wrong')
    await expectFault(await send(server, 'GET', '/api/publishing', link), 'token_wrong')
    await expectFault(await send(server, 'GET', `${path}/deliveries`, link), 'owner_key_wrong')
    await expectFault(await send(server, 'DELETE', path, link), 'owner_key_wrong')
    // The id, which addresses and logs have, is not enough; nor is the key of another link.
    for (const key of ['x'.repeat(43), SEND_KEY.slice(1), '']) {
      await expectFault(await publishJson(server, 1, bearer(SEND_TOKEN_PREFIX + id + key)), 'token_wrong')
    }
    await expectFault(await publishJson(server, 1, {}), 'token_missing')
    await expectFault(
      await publishJson(server, 1, bearer(SEND_TOKEN_PREFIX + 'A'.repeat(22) + SEND_KEY)),
      'inbox_not_found',
    )
    const query = `/api/shares?q=${link['authorization']?.slice('Bearer '.length)}`
    await expectFault(await send(server, 'POST', query, {}), 'token_in_query')
    expect(await usage(server, ada.headers)).toMatchObject({ shares: 0 })
    // One that was made without a send key lends nothing.
    const old = await ask(server, ada.headers, {})
    expect(old.lends).toBe(false)
    await expectFault(await publishJson(server, 1, old.link), 'token_wrong')
  })

  test('publishes nothing more when the token is revoked or expired, or the inbox is over', async () => {
    await using server = await startApp(TOKENS)
    const bob = await tokenFor(server, { name: 'Bob' })
    const first = await ask(server, bob.headers)
    const second = await ask(server, bob.headers)
    const { share } = await shareIn(await publishJson(server, 1, first.link))
    await send(server, 'DELETE', first.path, bearer(OWNER_KEY))
    await expectFault(await publishJson(server, 2, first.link), 'inbox_ended')
    expect((await fetch(`${server.url}/api/shares/${share.infoHash}`)).status).toBe(200)
    await send(server, 'DELETE', `/api/admin/tokens/${bob.id}`, bearer(KEY))
    await expectFault(await publishJson(server, 2, second.link), 'inbox_refused')
    await expectFault(await fetch(server.url + second.path), 'inbox_refused')

    const longAgo = new Date(Date.now() - 2 * DAY_MS)
    const { publishers, inboxes } = server.services
    const { token } = await publishers.create({ name: 'Carol', days: 1 }, longAgo)
    const made = await inboxes?.create(
      {
        ownerKey: OWNER_KEY,
        sealed: new Uint8Array(3),
        publisher: `token:${token.id}`,
        sendKey: SEND_KEY,
      },
      'x',
    )
    await expectFault(
      await publishJson(server, 3, bearer(SEND_TOKEN_PREFIX + made?.id + SEND_KEY)),
      'inbox_refused',
    )
    // The operator asks too.
    const { link } = await ask(server, bearer(KEY))
    await shareIn(await publishJson(server, 4, link))
  })

  test('publishes as many shares as an inbox takes deliveries, deleted or not, also at once', async () => {
    await using server = await startApp(TOKENS)
    const ada = await tokenFor(server, { name: 'Ada' })
    const { link } = await ask(server, ada.headers)
    const other = await ask(server, ada.headers)
    const { ownerKey = '', share } = await shareIn(await publishJson(server, 0, link))
    await send(server, 'DELETE', `/api/shares/${share.infoHash}`, bearer(ownerKey))
    const statuses: number[] = []
    for (let first = 1; first <= DELIVERIES_MAX; first += 20) {
      const numbers = Array.from({ length: 20 }, (_, index) => first + index)
      const answers = await Promise.all(numbers.map(number => publishJson(server, number, link)))
      statuses.push(...answers.map(({ status }) => status))
    }
    expect(statuses.filter(status => status === 201)).toHaveLength(DELIVERIES_MAX - 1)
    await expectFault(await publishJson(server, 1000, link), 'inbox_full')
    await shareIn(await publishJson(server, 1000, other.link))
  })

  test('keeps what whoever asked was told of; the rest goes a day later', async () => {
    await using server = await startApp(TOKENS)
    const ada = await tokenFor(server, { name: 'Ada' })
    const { link, path } = await ask(server, ada.headers)
    const told = await shareIn(await publishJson(server, 1, link))
    const untold = await shareIn(await publishJson(server, 2, link))
    const own = await shareIn(await publish(server, 'of ada', ada.headers))
    for (const { share } of [told, own]) {
      const delivery = { sealed: 'AAAA', infoHash: share.infoHash }
      expect((await send(server, 'POST', `${path}/deliveries`, {}, delivery)).status).toBe(201)
    }
    const { inboxes } = server.services
    await inboxes?.sweep(new Date(Date.now() + DAY_MS / 2))
    expect(await usage(server, ada.headers)).toMatchObject({ shares: 3 })
    await inboxes?.sweep(new Date(Date.now() + DAY_MS + 60_000))
    expect(await usage(server, ada.headers)).toMatchObject({ shares: 2 })
    const status = async ({ share }: typeof told) =>
      (await fetch(`${server.url}/api/shares/${share.infoHash}`)).status
    expect([await status(told), await status(untold), await status(own)]).toEqual([200, 404, 200])
  })
})

test('behind a proxy that signs people in, who has the link publishes as who asked', async () => {
  await using server = await startApp({
    TABSEED_PUBLISH: 'proxy',
    TABSEED_TRUSTED_PROXIES: '127.0.0.1',
    TABSEED_PUBLISH_USER_HEADER: 'X-User',
  })
  const ada = { 'x-user': 'ada' }
  const { link, path } = await ask(server, ada)
  expect(inboxSchema.parse(await (await fetch(server.url + path)).json()).lends).toBe(true)
  await expectFault(await publishJson(server, 1, {}), 'sign_in_missing')
  await shareIn(await publishJson(server, 1, link))
  // Of who asked, though the sender is signed in too.
  await shareIn(await publishJson(server, 2, { ...link, 'x-user': 'bob' }))
  expect(await usage(server, ada)).toMatchObject({ name: 'ada', shares: 2 })
})

test('where everybody may publish, nothing is lent', async () => {
  await using server = await startApp()
  const { lends, link } = await ask(server, {})
  expect(lends).toBe(false)
  const { share } = await shareIn(await publishJson(server, 1, link))
  expect(share.expiresAt ?? null).toBeNull()
})
