import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { peerIdNamed } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const DAY_MS = 86_400_000

/** What a server left in `data`, as if its clock had been a day ahead. */
function moveToTomorrow(data: string): void {
  const database = new Database(join(data, 'tabseed.sqlite'))
  const columns = database
    .prepare(
      "SELECT m.name AS tableName, c.name AS columnName FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND (c.name LIKE '%\\_at' ESCAPE '\\' OR c.name = 'at')",
    )
    .all() as { tableName: string; columnName: string }[]
  expect(columns.length).toBeGreaterThan(4)
  for (const { columnName, tableName } of columns) {
    database.exec(
      `UPDATE ${tableName} SET ${columnName} = ${columnName} + ${DAY_MS} WHERE ${columnName} IS NOT NULL`,
    )
  }
  database.close()
  const file = join(data, 'tracker.json')
  const state = JSON.parse(readFileSync(file, 'utf8'))
  for (const { peers = [] } of Object.values<{ peers?: { seenAt: number }[] }>(state.swarms)) {
    for (const peer of peers) peer.seenAt += DAY_MS / 1000
  }
  writeFileSync(file, JSON.stringify(state))
}

test('a clock that is set back by a day loses nothing: shares, peers, status and new shares are there', async () => {
  using folder = tempFolder()
  const env = { TABSEED_DATA: join(folder.path, 'data'), TABSEED_SHARES_DAYS: '1' }
  const announce = (url: string, infoHash: string, name: string) => {
    const hash = infoHash.replace(/../g, '%$&')
    return fetch(
      `${url}/announce?info_hash=${hash}&peer_id=${peerIdNamed(name)}&port=6881&uploaded=0&downloaded=0&left=0&event=started`,
    )
  }
  await using ahead = await startApp(env)
  const { infoHash, ownerKey } = await publishNamed(ahead.url, 'of tomorrow')
  expect((await announce(ahead.url, infoHash, 'ahead')).status).toBe(200)
  await ahead.stop()
  moveToTomorrow(env.TABSEED_DATA)

  await using server = await startApp(env)
  expect(server.services.tracker.counts(infoHash)).toMatchObject({ complete: 1 })
  const share = `${server.url}/api/shares/${infoHash}`
  expect((await fetch(share)).status).toBe(200)
  for (const path of ['/status.json', '/feed.atom', '/metrics', '/readyz']) {
    expect((await fetch(server.url + path)).status, path).toBe(200)
  }
  const later = await publishNamed(server.url, 'of today')
  expect((await announce(server.url, later.infoHash, 'today')).status).toBe(200)
  const headers = { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' }
  const changed = await fetch(share, { method: 'PATCH', headers, body: '{"title":"again"}' })
  expect([changed.status, (await changed.json()).title]).toEqual([200, 'again'])
  await server.stop()
  expect(
    server
      .log()
      .split('\n')
      .filter(line => /"level":(?:50|60)/.test(line)),
  ).toEqual([])

  await using again = await startApp(env)
  for (const hash of [infoHash, later.infoHash]) {
    expect((await fetch(`${again.url}/api/shares/${hash}`)).status).toBe(200)
  }
})
