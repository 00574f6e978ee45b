import { afterAll, beforeAll, expect, test } from 'vitest'
import { inboxSchema } from '../../../lib/protocol/inbox.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { listShare, postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'
import { startPostgres, type TestPostgres } from '../../support/server/postgres.ts'

const KEY = 'operator-of-both-servers'

let postgres: TestPostgres
let folder: ReturnType<typeof tempFolder>
beforeAll(async () => {
  postgres = await startPostgres()
  folder = tempFolder()
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const tabseed = (env: Record<string, string>, ...args: string[]) =>
  startCommand(folder.path, [process.execPath, LAUNCHER, ...args], env).ended

test('a server moves from SQLite to PostgreSQL with all it has, and goes on', async () => {
  const data = `${folder.path}/data`
  const env = { TABSEED_DATA: data, TABSEED_OPERATOR_KEY: KEY, TABSEED_LIMITS: 'off' }
  const operator = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const report = (url: string, infoHash: string) =>
    fetch(`${url}/api/shares/${infoHash}/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'malware', details: 'words' }),
    })
  const database = await postgres.create()
  const copy = (...more: string[]) =>
    tabseed({ TABSEED_DATABASE: database }, 'db', 'copy', '--data', data, ...more)

  const before = await startApp(env)
  const blocked = await publishNamed(before.url, 'blocked')
  await fetch(`${before.url}/api/shares/${blocked.infoHash}/blocked`, {
    method: 'PUT',
    headers: operator,
    body: JSON.stringify({ reason: 'spam “é”' }),
  })
  await postTorrent(before.url, torrentNamed('commented', 'with \u0000 and \uee1a in it'))
  for (let count = 0; count < 250; count += 1) await postTorrent(before.url, torrentNamed(`many-${count}`))
  const { infoHash, ownerKey } = await publishNamed(before.url, 'listed')
  await listShare(before.url, infoHash, ownerKey)
  expect((await report(before.url, infoHash)).status).toBe(202)
  const statesOf = async (url: string) => ({
    share: (await (await fetch(`${url}/api/shares/${infoHash}`)).json()).content,
    torrent: Buffer.from(await (await fetch(`${url}/t/${infoHash}.torrent`)).arrayBuffer())
      .toString('latin1')
      .replaceAll(url, '')
      .replace(/^.*4:info/s, ''),
    blocks: await (await fetch(`${url}/api/admin/blocks`, { headers: operator })).json(),
    reports: await (await fetch(`${url}/api/admin/reports`, { headers: operator })).json(),
    found: (
      await (await fetch(`${url}/api/admin/shares?limit=500`, { headers: operator })).json()
    ).shares.map(({ page: _, ...share }: { page: string }) => share),
  })
  const states = await statesOf(before.url)
  expect(states.found).toHaveLength(252)
  const post = (path: string, body: object) =>
    fetch(before.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const made = await post('/api/inboxes', { ownerKey: 'o'.repeat(43), sealed: 'AAAA' })
  const { id } = inboxSchema.parse(await made.json())
  expect((await post(`/api/inboxes/${id}/deliveries`, { sealed: 'AAAA' })).status).toBe(201)
  const refused = await copy()
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is in use by')])
  await before.stop()

  const copied = await copy('--json')
  expect(copied.code, copied.stderr).toBe(0)
  const { tables } = JSON.parse(copied.stdout)
  expect(tables).toContainEqual({ table: 'shares', rows: 252 })
  expect(tables).toContainEqual({ table: 'blocked', rows: 1 })
  expect(tables).toContainEqual({ table: 'inboxes_deliveries', rows: 1 })
  const again = await copy()
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('has data in "shares" already')

  await using after = await startApp({ ...env, TABSEED_DATABASE: database })
  expect(await statesOf(after.url)).toEqual(states)
  expect((await report(after.url, infoHash)).status).toBe(202)
  const backup = await tabseed({}, 'backup', '--data', data, 'today.tar')
  expect([backup.code, backup.stderr]).toEqual([1, expect.stringContaining('pg_dump')])
  const headers = { authorization: `Bearer ${ownerKey}` }
  expect((await fetch(`${after.url}/api/shares/${infoHash}`, { method: 'DELETE', headers })).status).toBe(204)
  expect((await postTorrent(after.url, torrentNamed('blocked'))).status).toBe(451)

  const nodes = await tabseed({ TABSEED_OPERATOR_KEY: KEY }, 'admin', 'nodes', '--server', after.url)
  expect(nodes.stdout, nodes.stderr).toMatch(
    /^\S+ {2}leads {2}build \S+ {2}since \S+ \S+ {2}0 WebSockets, 0 clients {2}answers$/m,
  )
})

test('a server that moved is not started with its old database by mistake', async () => {
  await expect(startApp({ TABSEED_DATA: `${folder.path}/data` })).rejects.toThrow(
    'its shares are in PostgreSQL: set TABSEED_DATABASE',
  )
})

test('a copy that cannot be made says why in one line', async () => {
  const env = { TABSEED_DATABASE: `postgres://tabseed@127.0.0.1:${postgres.port}/none` }
  const without = await tabseed({}, 'db', 'copy')
  expect(without.code).toBe(2)
  expect(without.stderr).toContain('TABSEED_DATABASE or --to')
  const server = await startApp({ TABSEED_DATA: `${folder.path}/other` })
  await server.stop()
  const missing = await tabseed(env, 'db', 'copy', '--data', `${folder.path}/other`)
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain('database "none" does not exist')
})
