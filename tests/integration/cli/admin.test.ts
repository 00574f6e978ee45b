import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { LAUNCHER, runCli, startCommand } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed, publishWith } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const KEY = 'key-of-ann-0123456789'

let server: TestApp
let folder: ReturnType<typeof tempFolder>
beforeAll(async () => {
  folder = tempFolder()
  writeFileSync(join(folder.path, 'key'), `${KEY}\n`)
  server = await startApp({ TABSEED_OPERATOR_KEYS: `ann:${KEY}`, TABSEED_KEEP_ADDRESSES: '7' })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const admin = (...args: string[]) =>
  runCli(folder.path, 'admin', ...args, '--server', server.url, '--operator-key-file', 'key')

test('the key comes from the file that TABSEED_OPERATOR_KEY_FILE names, too; without one it says what to give', async () => {
  const audit = [process.execPath, LAUNCHER, 'admin', 'audit', '--server', server.url] as const
  const withFile = await startCommand(folder.path, audit, { TABSEED_OPERATOR_KEY_FILE: 'key' }).ended
  expect(withFile, withFile.stderr).toMatchObject({ code: 0 })
  const without = await startCommand(folder.path, audit).ended
  expect(without).toMatchObject({ code: 2, stdout: '' })
  expect(without.stderr).toContain('--operator-key-file FILE, or TABSEED_OPERATOR_KEY')
})

async function adminJson(...args: string[]) {
  const { code, stderr, stdout } = await admin(...args, '--json')
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

const report = (infoHash: InfoHash, body: object) =>
  fetch(`${server.url}/api/shares/${infoHash}/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('an operator finds, blocks and allows shares, reads and closes reports, and finds it all in the audit log', async () => {
  const { share } = await publishWith(server.url, 'holiday 100%.zip', {
    title: 'Sommer \u202e',
    listed: false,
  })
  const infoHash = share.infoHash as InfoHash
  await publishNamed(server.url, 'something else')
  await report(infoHash, { reason: 'malware', details: 'first line\nsecond', contact: 'eve@example.org' })
  await report(infoHash, { reason: 'other' })

  const search = async (query: Record<string, string>) => {
    const url = `${server.url}/api/admin/shares?${new URLSearchParams(query)}`
    return (await (await fetch(url, { headers: { authorization: `Bearer ${KEY}` } })).json()).shares
  }
  const found = [{ infoHash, listed: false, address: '127.0.0.1', openReports: 2 }]
  for (const q of ['HOLIDAY', '100%', 'sommer', infoHash.slice(0, 9), share.links.page, share.links.magnet]) {
    expect(await search({ q }), q).toMatchObject(found)
  }
  expect(await search({ q: '127.0.0.1' })).toHaveLength(2)
  expect(await search({ q: '%_' })).toEqual([])
  expect((await adminJson('shares', 'holiday', '--reported')).shares).toMatchObject(found)
  const page = await adminJson('shares', '--limit', '1')
  expect(page).toMatchObject({ shares: [{ name: 'something else' }], next: 1 })
  expect((await adminJson('shares', '--limit', '1', '--offset', '1')).shares).toMatchObject([{ infoHash }])

  const listed = await admin('report', 'list')
  expect(listed.stdout).toMatch(
    / malware {2}[0-9a-f]{40} {2}Sommer .*\n {4}first line\n {4}second\n {4}contact: eve@example.org\n$/,
  )
  expect(listed.stdout).not.toContain('\u202e')
  const { reports } = await adminJson('report', 'list')
  const [other] = reports
  expect((await admin('report', 'close', String(other.id))).stdout).toBe(`closed ${other.id}\n`)
  const twice = await admin('report', 'close', String(other.id))
  expect(twice.code).toBe(1)
  expect(twice.stderr).toContain('no such open report')

  expect((await admin('block', share.links.page, '--reason', 'Malware')).stdout).toBe(`blocked ${infoHash}\n`)
  expect((await fetch(share.links.page.replace('/d/', '/api/shares/'))).status).toBe(451)
  expect((await adminJson('report', 'list')).reports).toEqual([])
  expect((await adminJson('report', 'list', '--closed')).reports).toHaveLength(2)
  const exported = await admin('blocklist', 'export')
  expect(exported.stdout).toMatch(new RegExp(`^#.*\n${infoHash} content:[0-9a-f]{64} Malware\n$`))
  writeFileSync(join(folder.path, 'list.txt'), exported.stdout)
  expect((await admin('unblock', infoHash, '-r', 'Appeal')).stdout).toBe(`allowed ${infoHash}\n`)
  expect((await admin('blocklist', 'import', 'list.txt')).stdout).toBe('1 blocked, 0 were blocked already\n')
  writeFileSync(join(folder.path, 'list.json'), (await admin('blocklist', 'export', '--json')).stdout)
  expect(await adminJson('blocklist', 'import', 'list.json')).toEqual({ added: 0, known: 1 })

  const { entries } = await adminJson('audit')
  expect(entries.map(({ act, by, why }: Record<string, string>) => `${by} ${act} ${why}`)).toEqual([
    'ann import 0 of 1 new',
    'ann import 1 of 1 new',
    'ann unblock Appeal',
    'ann block Malware',
    `ann close-report ${other.id}`,
  ])
  const older = await adminJson('audit', '--before', String(entries[3].id))
  expect(older.entries).toHaveLength(1)
})

test('an operator sees how the server is', async () => {
  await fetch(`${server.url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent' },
    body: new Uint8Array(9 * 1024 * 1024),
  })
  const overview = await adminJson('status')
  expect(overview).toMatchObject({ operator: 'ann', seeder: null, connections: { webSockets: 0 } })
  expect(overview.database.bytes).toBeGreaterThan(0)
  expect(overview.disk.free).toBeGreaterThan(0)
  expect(overview.limits).toContainEqual({ limit: 'body_too_large', count: 1 })
  expect(server.log()).toContain('"limit":"body_too_large"')
  expect((await admin('status')).stdout).toMatch(/^shares: +\d+, .*\n[\s\S]*limit met: +1 × body_too_large/)
})

test('what an operator makes and takes back of tokens is in the audit log', async () => {
  const { token } = await adminJson('token', 'create', 'Ada')
  await adminJson('token', 'revoke', token.id)
  const { entries } = await adminJson('audit', '--limit', '2')
  expect(entries).toMatchObject([
    { by: 'ann', act: 'revoke-token', why: 'Ada' },
    { by: 'ann', act: 'create-token', why: 'Ada' },
  ])
})

test('without the right key, or with what is no share, nothing happens', async () => {
  const { infoHash } = await publishNamed(server.url, 'stays')
  writeFileSync(join(folder.path, 'wrong'), 'wrong-key-0123456789')
  const wrong = await runCli(
    folder.path,
    'admin',
    'block',
    infoHash,
    '-s',
    server.url,
    '--operator-key-file',
    'wrong',
  )
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toContain('Only the operator')
  const none = await admin('block', 'not-a-link')
  expect(none).toMatchObject({ code: 1, stdout: '' })
  const long = await admin('block', infoHash, '--reason', 'x'.repeat(501))
  expect(long).toMatchObject({ code: 2, stdout: '' })
  expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(200)
})
