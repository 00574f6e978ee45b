import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp, type TestApp } from '../support/server/app.ts'

const KEY = 'operator-key-of-the-tests'

let direct: TestApp
let proxied: TestApp
let open: TestApp
beforeAll(async () => {
  direct = await startApp({ TABSEED_OPERATOR_KEY: KEY })
  proxied = await startApp({ TABSEED_OPERATOR_KEY: KEY, TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
  open = await startApp({ TABSEED_METRICS: 'on', TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
})
afterAll(() => Promise.all([direct, proxied, open].map(server => server[Symbol.asyncDispose]())))

const statusOf = async ({ url }: TestApp, headers: Record<string, string> = {}) =>
  (await fetch(`${url}/metrics`, { headers })).status

test('numbers are for programs on this machine and the operator, whatever a proxy says or leaves out', async () => {
  const bearer = { authorization: `Bearer ${KEY}` }
  expect(await statusOf(direct)).toBe(200)
  expect(await statusOf(direct, { 'x-forwarded-for': '127.0.0.1' })).toBe(403)
  expect(await statusOf(direct, { forwarded: 'for=127.0.0.1' })).toBe(403)
  // A proxy that names nobody, and one that names somebody elsewhere.
  expect(await statusOf(proxied)).toBe(403)
  expect(await statusOf(proxied, { 'x-forwarded-for': '198.51.100.1' })).toBe(403)
  expect(await statusOf(proxied, { 'x-forwarded-for': '127.0.0.1, 198.51.100.1' })).toBe(403)
  expect(await statusOf(proxied, { 'x-forwarded-for': '198.51.100.1', ...bearer })).toBe(200)
  expect(await statusOf(proxied, { 'x-forwarded-for': '198.51.100.1', authorization: 'Bearer x' })).toBe(403)
  expect(await statusOf(open, { 'x-forwarded-for': '198.51.100.1' })).toBe(200)
})
