import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { publishingSchema } from '../../../lib/protocol/publishing.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { expectFault } from '../../support/server/bucket.ts'

const publish = ({ url }: TestApp, name: string, headers: HeadersInit = {}) =>
  fetch(`${url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent', ...headers },
    body: torrentNamed(name),
  })

const publishing = async ({ url }: TestApp, headers: HeadersInit = {}) =>
  publishingSchema.parse(await (await fetch(`${url}/api/publishing`, { headers })).json())

test('everybody publishes on an open server; one with a public URL says so until that is meant', async () => {
  const line = 'everybody who reaches this server may publish'
  const PUBLIC = { TABSEED_PUBLIC_URL: 'http://share.example' }
  {
    await using local = await startApp()
    expect(await publishing(local)).toEqual({ publish: 'open', publisher: null })
    expect((await publish(local, 'open')).status).toBe(201)
    expect(local.log()).not.toContain(line)
  }
  {
    await using open = await startApp(PUBLIC)
    expect(open.log().split(line)).toHaveLength(2)
  }
  await using meant = await startApp({ ...PUBLIC, TABSEED_PUBLISH: 'open' })
  expect(meant.log()).not.toContain(line)
})

test('behind a proxy that signs people in, the name it gives publishes', async () => {
  await using server = await startApp({
    TABSEED_PUBLISH: 'proxy',
    TABSEED_TRUSTED_PROXIES: '127.0.0.1',
    TABSEED_PUBLISH_USER_HEADER: 'X-User',
  })
  await expectFault(await publish(server, 'nobody'), 'sign_in_missing')
  await expectFault(await publish(server, 'other header', { 'remote-user': 'ada' }), 'sign_in_missing')
  await expectFault(await publish(server, 'too long', { 'x-user': 'a'.repeat(201) }), 'sign_in_missing')
  expect(await publishing(server)).toEqual({ publish: 'proxy', publisher: null })

  expect((await publish(server, 'of ada', { 'x-user': 'ada' })).status).toBe(201)
  expect(await publishing(server, { 'x-user': 'ada' })).toMatchObject({
    publisher: { name: 'ada', shares: 1, sharesMax: null },
  })
  const name = Buffer.from('Zoë').toString('latin1')
  expect((await publishing(server, { 'x-user': name })).publisher?.name).toBe('Zoë')
})

test('a name that the client gave besides that of the proxy is not believed', async () => {
  await using server = await startApp({ TABSEED_PUBLISH: 'proxy', TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
  const status = await new Promise(resolve => {
    const sent = request(`${server.url}/api/shares`, { method: 'POST' }, answer => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.setHeader('content-type', 'application/x-bittorrent')
    sent.setHeader('remote-user', ['mallory', 'ada'])
    sent.end(torrentNamed('twice'))
  })
  expect(status).toBe(401)
})

test('of anybody but the proxy, the header says nothing', async () => {
  await using server = await startApp({ TABSEED_PUBLISH: 'proxy', TABSEED_TRUSTED_PROXIES: '192.0.2.1' })
  await expectFault(await publish(server, 'forged', { 'remote-user': 'ada' }), 'sign_in_missing')
  expect(await publishing(server, { 'remote-user': 'ada' })).toEqual({ publish: 'proxy', publisher: null })
})

test('tokens outlive a restart, as hashes', async () => {
  const env = { TABSEED_PUBLISH: 'token', TABSEED_OPERATOR_KEY: 'operator-key-0123456789' }
  await using first = await startApp(env)
  const { secret } = await first.services.publishers.create({ name: 'Ada' })
  const headers = { authorization: `Bearer ${secret}` }
  expect((await publish(first, 'before', headers)).status).toBe(201)
  await first.stop()
  expect(readFileSync(join(first.dataDirectory, 'tabseed.sqlite')).includes(secret)).toBe(false)
  await using second = await startApp({ ...env, TABSEED_DATA: first.dataDirectory })
  expect((await publishing(second, headers)).publisher).toMatchObject({ name: 'Ada', shares: 1 })
  expect((await publish(second, 'after', headers)).status).toBe(201)
})
