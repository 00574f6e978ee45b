import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportsSchema } from '../../lib/protocol/admin.ts'
import { errorBodySchema } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { publishNamed } from '../support/content/shares.ts'
import { startApp, type TestApp } from '../support/server/app.ts'
import { from, whileHonest } from '../support/server/honest.ts'

const KEY = 'key-of-ann-0123456789'

let server: TestApp
beforeAll(async () => {
  server = await startApp({ TABSEED_OPERATOR_KEYS: `ann:${KEY}`, TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
})
afterAll(() => server[Symbol.asyncDispose]())

const report = (infoHash: InfoHash, address: string, body: object | string = { reason: 'fraud' }) =>
  fetch(`${server.url}/api/shares/${infoHash}/reports`, {
    method: 'POST',
    headers: { ...from(address).headers, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

async function openReports(limit = 500) {
  const answer = await fetch(`${server.url}/api/admin/reports?limit=${limit}`, {
    headers: { authorization: `Bearer ${KEY}` },
  })
  return reportsSchema.parse(await answer.json()).reports
}

test('one address reports a few times, and is then told to wait', async () => {
  const { infoHash } = await publishNamed(server.url, 'flooded by one')
  await whileHonest(server, infoHash, async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => report(infoHash, '2001:db8::7')))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter(status => status === 202)).toHaveLength(5)
    expect(statuses.filter(status => status === 429)).toHaveLength(295)
    // A network of 64 bits is one address.
    expect((await report(infoHash, '2001:db8::8')).status).toBe(429)
    expect((await report(infoHash, '2001:db8:1::8')).status).toBe(202)
  })
  expect((await openReports()).filter(one => one.infoHash === infoHash)).toHaveLength(6)
})

test('a flood from many addresses takes bounded room, and hides no other report', async () => {
  const { infoHash } = await publishNamed(server.url, 'flooded by many')
  // Another try of this test finds what the one before left.
  const { infoHash: other } = await publishNamed(server.url, `reported once, ${Date.now()}`)
  const long = { reason: 'other', details: 'ä'.repeat(2_000), contact: '\u0000'.repeat(200) }
  expect((await report(other, '192.0.2.1')).status).toBe(202)
  await whileHonest(server, infoHash, async () => {
    for (let at = 0; at < 300; at += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => report(infoHash, `198.51.${at / 50}.${index}`, long)),
      )
    }
  })
  const reports = await openReports()
  expect(reports.filter(one => one.infoHash === infoHash)).toHaveLength(100)
  expect(reports.filter(one => one.infoHash === other)).toHaveLength(1)
})

test('what is no report changes nothing', async () => {
  const { infoHash } = await publishNamed(server.url, 'not reported')
  const codeOf = async (answer: Promise<Response>) =>
    errorBodySchema.parse(await (await answer).json()).error.code
  const bad: [string | object, string][] = [
    ['', 'not_json'],
    ['[]', 'bad_request'],
    [{ reason: 'because' }, 'bad_request'],
    [{ reason: 'fraud', details: 'x'.repeat(2_001) }, 'bad_request'],
    [{ reason: 'fraud', contact: 'x'.repeat(201) }, 'bad_request'],
    [{ reason: 'fraud', other: 1 }, 'bad_request'],
    [' '.repeat(40_000), 'body_too_large'],
  ]
  for (const [body, code] of bad) expect(await codeOf(report(infoHash, '192.0.2.9', body)), code).toBe(code)
  expect(await codeOf(report('ab'.repeat(20) as InfoHash, '192.0.2.9'))).toBe('share_not_found')
  expect((await openReports()).filter(one => one.infoHash === infoHash)).toEqual([])
  // None of them counted.
  expect((await report(infoHash, '192.0.2.9')).status).toBe(202)
})
