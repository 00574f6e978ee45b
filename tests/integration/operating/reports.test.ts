import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { reportsSchema } from '../../../lib/protocol/admin.ts'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const KEY = 'key-of-ann-0123456789'
const ENV = { TABSEED_OPERATOR_KEYS: `ann:${KEY}` }
const AS_ANN = { authorization: `Bearer ${KEY}` }

const report = (server: TestApp, infoHash: InfoHash, body: object) =>
  fetch(`${server.url}/api/shares/${infoHash}/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function reportsOf(server: TestApp, query = '') {
  const answer = await fetch(`${server.url}/api/admin/reports${query}`, { headers: AS_ANN })
  return reportsSchema.parse(await answer.json())
}

test('what people report stands in a queue until an operator closes it, over a restart', async () => {
  await using server = await startApp(ENV)
  const { infoHash } = await publishNamed(server.url, 'odd')
  const words = { details: 'The file “x”', contact: 'eve@example.org' }
  expect((await report(server, infoHash, { reason: 'malware', ...words })).status).toBe(202)
  expect((await report(server, infoHash, { reason: 'other' })).status).toBe(202)
  expect(server.log()).toContain('share reported')
  for (const secret of Object.values(words)) expect(server.log()).not.toContain(secret)
  const first = await reportsOf(server, '?limit=1')
  expect(first).toMatchObject({ reports: [{ infoHash, reason: 'other', name: 'odd', blocked: false }] })
  const rest = await reportsOf(server, `?limit=1&before=${first.next}`)
  expect(rest.reports).toMatchObject([{ reason: 'malware', ...words, closedAt: null }])
  await server.stop()

  await using again = await startApp({ ...ENV, TABSEED_DATA: server.dataDirectory })
  const close = (id: number | string, headers: Record<string, string> = AS_ANN) =>
    fetch(`${again.url}/api/admin/reports/${id}`, { method: 'DELETE', headers })
  const id = rest.reports[0]?.id ?? 0
  expect((await close(id, {})).status).toBe(401)
  expect((await close(id)).status).toBe(204)
  for (const gone of [id, 999, 'x']) {
    expect(errorBodySchema.parse(await (await close(gone)).json()).error.code).toBe('report_not_found')
  }
  expect((await reportsOf(again)).reports.map(one => one.reason)).toEqual(['other'])
  expect((await reportsOf(again, '?state=closed')).reports).toMatchObject([{ id, closedBy: 'ann' }])

  // A block closes what was reported of it, and nobody reports it again.
  await fetch(`${again.url}/api/shares/${infoHash}/blocked`, { method: 'PUT', headers: AS_ANN })
  expect((await reportsOf(again)).reports).toEqual([])
  expect((await report(again, infoHash, { reason: 'fraud' })).status).toBe(451)
})

test('addresses of publishers are kept only where the operator says so, and go when that ends', async () => {
  const stored = (server: TestApp) => {
    const database = new Database(join(server.dataDirectory, 'tabseed.sqlite'), { readonly: true })
    try {
      return database.prepare('SELECT address FROM publisher_addresses').pluck().all()
    } finally {
      database.close()
    }
  }
  await using silent = await startApp(ENV)
  await publishNamed(silent.url, 'not noted')
  expect(stored(silent)).toEqual([])
  expect(silent.log()).toContain('share published')

  await using noting = await startApp({ ...ENV, TABSEED_KEEP_ADDRESSES: '7' })
  const { infoHash, ownerKey } = await publishNamed(noting.url, 'noted')
  await publishNamed(noting.url, 'noted too')
  expect(stored(noting)).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(noting.log()).not.toContain('127.0.0.1')
  // With its share, an address goes too.
  await fetch(`${noting.url}/api/shares/${infoHash}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ownerKey}` },
  })
  expect(stored(noting)).toEqual(['127.0.0.1'])
  await noting.stop()
  await using again = await startApp({ ...ENV, TABSEED_DATA: noting.dataDirectory })
  expect(stored(again)).toEqual([])
})
