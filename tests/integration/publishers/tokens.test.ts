import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createdTokenSchema,
  publishingSchema,
  publishTokensSchema,
} from '../../../lib/protocol/publishing.ts'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { expectFault } from '../../support/server/bucket.ts'

const KEY = 'operator-key-0123456789'

let server: TestApp
beforeAll(async () => {
  server = await startApp({ TABSEED_PUBLISH: 'token', TABSEED_OPERATOR_KEY: KEY, TABSEED_LIMITS: 'off' })
})
afterAll(() => server?.[Symbol.asyncDispose]())

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` }

const call = (method: string, path: string, key?: string, body?: object) =>
  fetch(`${server.url}${path}`, {
    method,
    headers: { ...bearer(key), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })

const publish = (name: string, key?: string, query = '') =>
  fetch(`${server.url}/api/shares${query}`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/x-bittorrent' },
    body: torrentNamed(name),
  })

async function make(body: object) {
  const answer = await call('POST', '/api/admin/tokens', KEY, body)
  expect(answer.status).toBe(201)
  const { link, secret, token } = createdTokenSchema.parse(await answer.json())
  return { token, link, secret: secret ?? '' }
}

const publishingOf = async (key?: string) =>
  publishingSchema.parse(await (await call('GET', '/api/publishing', key)).json())

describe('with TABSEED_PUBLISH=token', () => {
  test('nobody publishes without a token, and everybody downloads', async () => {
    await expectFault(await publish('no token'), 'token_missing')
    expect(await publishingOf()).toEqual({ publish: 'token', publisher: null })

    const { secret } = await make({ name: 'Ada' })
    const answer = await publish('with token', secret)
    expect(answer.status).toBe(201)
    const { share } = createdShareSchema.parse(await answer.json())
    for (const path of [`/api/shares/${share.infoHash}`, `/t/${share.infoHash}.torrent`, '/api/ice']) {
      expect((await fetch(`${server.url}${path}`)).status, path).toBe(200)
    }
    expect(await publishingOf(secret)).toEqual({
      publish: 'token',
      publisher: { name: 'Ada', shares: 1, sharesMax: null, bytes: 0, bytesMax: null, expiresAt: null },
    })
  })

  test('the operator publishes too', async () => {
    expect((await publish('of the operator', KEY)).status).toBe(201)
    expect((await publishingOf(KEY)).publisher).toMatchObject({ name: 'operator', sharesMax: null })
  })

  test('a token of another server, a huge one and nonsense are refused, and nothing is read of the body', async () => {
    const foreign = `tst_${'x'.repeat(43)}`
    for (const key of [foreign, 'nonsense', `tst_${'x'.repeat(8_000)}`]) {
      await expectFault(await publish('refused', key), 'token_wrong')
      await expectFault(await call('GET', '/api/publishing', key), 'token_wrong')
    }
    // More than Node reads of headers.
    expect((await publish('refused', 'x'.repeat(20_000))).status).toBe(431)
    const { share } = createdShareSchema.parse(await (await publish('refused', KEY)).json())
    expect(share.name).toBe('refused')
  })

  test('a revoked token publishes nothing more; what was published with it stays', async () => {
    const { secret, token } = await make({ name: 'Bob' })
    const { share } = createdShareSchema.parse(await (await publish('before', secret)).json())
    expect((await call('DELETE', `/api/admin/tokens/${token.id}`, KEY)).status).toBe(204)
    await expectFault(await publish('after', secret), 'token_revoked')
    await expectFault(await call('GET', '/api/publishing', secret), 'token_revoked')
    expect((await fetch(`${server.url}/api/shares/${share.infoHash}`)).status).toBe(200)
  })

  test('an expired token is refused', async () => {
    const longAgo = new Date(Date.now() - 2 * 86_400_000)
    const { secret } = await server.services.publishers.create({ name: 'Carol', days: 1 }, longAgo)
    await expectFault(await publish('late', secret), 'token_expired')
    await expectFault(await call('GET', '/api/publishing', secret), 'token_expired')
    const { token } = await make({ name: 'Carol', days: 1 })
    expect(Date.parse(token.expiresAt ?? '') - Date.parse(token.createdAt)).toBe(86_400_000)
  })

  test('as many shares stand as the token allows, also of requests at once; a deleted one makes room', async () => {
    const { secret } = await make({ name: 'Dave', shares: 3 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => publish(`dave ${index}`, secret)),
    )
    const made = answers.filter(({ status }) => status === 201)
    expect(made).toHaveLength(3)
    for (const refused of answers.filter(({ status }) => status !== 201)) {
      expect(await expectFault(refused, 'token_used_up')).toContain('3 of 3')
    }
    const { ownerKey, share } = createdShareSchema.parse(await made[0]?.json())
    // To publish again what exists takes nothing.
    expect((await publish(share.name, secret)).status).toBe(200)
    expect((await call('DELETE', `/api/shares/${share.infoHash}`, ownerKey)).status).toBe(204)
    expect((await publish('dave again', secret)).status).toBe(201)
    await expectFault(await publish('dave once more', secret), 'token_used_up')
  })

  test.each(['token', 'access_token', 'invite', 'q'])('a token in the query is refused: ?%s=', async name => {
    const { secret } = await make({ name: 'Eve' })
    const query = `?${name}=${secret}`
    await expectFault(await publish('in query', undefined, query), 'token_in_query')
    await expectFault(await publish('in query', secret, query), 'token_in_query')
    await expectFault(await call('GET', `/api/publishing${query}`), 'token_in_query')
    expect(server.log()).not.toContain(secret)
  })
})

describe('an invitation', () => {
  const redeem = (invitation: string, token: string) =>
    call('POST', '/api/invitations', invitation, { token })
  const drawn = (letter: string) => `tst_${letter.repeat(43)}`

  test('is a link that becomes a token once', async () => {
    const { link, secret, token } = await make({ name: 'Fay', kind: 'invitation', shares: 2 })
    expect(secret).toBe('')
    const invitation = /^http:\/\/\S+\/#invite=(tsi_[\w-]{43})$/.exec(link ?? '')?.[1] ?? ''
    expect(token.state).toBe('invited')
    await expectFault(await publish('invited', invitation), 'token_wrong')
    const first = await redeem(invitation, drawn('f'))
    expect(first.status).toBe(200)
    expect(await first.json()).toMatchObject({ publisher: { name: 'Fay', sharesMax: 2 } })
    // The answer was lost.
    expect((await redeem(invitation, drawn('f'))).status).toBe(200)
    const second = await redeem(invitation, drawn('g'))
    expect(second.status).toBe(410)
    await expectFault(second, 'invitation_used')
    expect((await publish('invited', drawn('f'))).status).toBe(201)
  })

  test('that is foreign, or becomes something weak, is refused', async () => {
    await expectFault(await redeem(`tsi_${'z'.repeat(43)}`, drawn('h')), 'token_wrong')
    const { link } = await make({ name: 'Gus', kind: 'invitation' })
    const invitation = link?.split('#invite=')[1] ?? ''
    for (const weak of ['', 'password', 'tst_short', `tsi_${'a'.repeat(43)}`]) {
      await expectFault(await redeem(invitation, weak), 'bad_request')
    }
    await expectFault(
      await call('POST', '/api/invitations', undefined, { token: drawn('h') }),
      'token_missing',
    )
    expect((await redeem(invitation, drawn('h'))).status).toBe(200)
  })
})

describe('tokens', () => {
  test('are for the operator alone', async () => {
    const { secret, token } = await make({ name: 'Hal' })
    for (const [method, path] of [
      ['GET', '/api/admin/tokens'],
      ['POST', '/api/admin/tokens'],
      ['DELETE', `/api/admin/tokens/${token.id}`],
    ] as const) {
      const body = method === 'POST' ? { name: 'mine' } : undefined
      await expectFault(await call(method, path, undefined, body), 'operator_key_missing')
      await expectFault(await call(method, path, secret, body), 'operator_only')
    }
  })

  test('are listed without their secrets, with what is published', async () => {
    const { secret, token } = await make({ name: 'Ida', bytes: 5e9, shares: 9 })
    await publish('of Ida', secret)
    const text = await (await call('GET', '/api/admin/tokens', KEY)).text()
    expect(text).not.toContain(secret)
    const { tokens } = publishTokensSchema.parse(JSON.parse(text))
    expect(tokens.find(({ id }) => id === token.id)).toMatchObject({
      name: 'Ida',
      state: 'active',
      shares: 1,
      sharesMax: 9,
      bytesMax: 5e9,
    })
  })

  test.each([
    {},
    { name: '' },
    { name: 'a\u0000b' },
    { name: 'x', shares: 0 },
    { name: 'x', days: 1.5 },
    { name: 'x', more: 1 },
  ])('are not made of %j', async body => {
    await expectFault(await call('POST', '/api/admin/tokens', KEY, body), 'bad_request')
  })

  test('that do not exist cannot be revoked', async () => {
    await expectFault(await call('DELETE', '/api/admin/tokens/ffffffffffff', KEY), 'token_not_found')
  })
})
