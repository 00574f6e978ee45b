import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { startRedis } from '../../support/relay/redis-server.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { eventually } from '../../support/server/cluster.ts'
import { freePort } from '../../support/server/free-port.ts'
import { startPostgres, type TestPostgres } from '../../support/server/postgres.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT_MS = 60_000
const SIZE = 3_000_000
const QUICK = { lookMs: 200, seenMs: 200, lostMs: 60_000, surplusMs: 60_000 }

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const { ends, inFolder } = endAfterEach()

/** Two nodes, each with a seeder of its own that the other reaches inside. */
async function startNodes(): Promise<readonly [TestApp, TestApp]> {
  const database = await postgres.create()
  // Of this try alone: a Redis belongs to one database.
  const redis = await startRedis()
  ends.push(() => redis[Symbol.asyncDispose]())
  const start = async (name: string) => {
    const port = String(await freePort())
    const settings = {
      TABSEED_DATABASE: database,
      TABSEED_REDIS: redis.url,
      TABSEED_NODE: name,
      TABSEED_LIMITS: 'off',
      TABSEED_PORT: port,
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: '0',
      TABSEED_SEEDER_INSIDE_URL: `http://127.0.0.1:${port}`,
    }
    const node = await startApp(settings, { placementTimes: QUICK })
    ends.push(() => node[Symbol.asyncDispose]())
    return node
  }
  return [await start('first'), await start('second')]
}

const copyOf = (node: TestApp, { infoHash }: Metainfo) => join(node.dataDirectory, 'seeder', infoHash, '0')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What the node itself has of the share. */
const own = (node: TestApp, { infoHash, name }: Metainfo) => fetch(`${node.url}/w/${infoHash}/${name}?here=1`)
const untilWhole = (node: TestApp, metainfo: Metainfo) =>
  eventually(
    async () => {
      expect(await keptBy(node.url, metainfo)).toMatchObject({ kept: 'yes' })
      expect((await own(node, metainfo)).status).toBe(200)
    },
    LIMIT_MS,
    50,
  )

function flip(path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ 1
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

test('a copy that is damaged on one node: readers get every byte from the other, and the piece is fetched again', async () => {
  const folder = inFolder()
  const [first, second] = await startNodes()
  const published = await publishFromNode(first.url, folder, SIZE, 91)
  const { metainfo, ownerKey, sha256: right } = published
  await eventually(
    async () => expect((await askToKeep(first.url, metainfo, ownerKey)).status).toBe(202),
    LIMIT_MS,
  )
  for (const node of [first, second]) await untilWhole(node, metainfo)
  await published.engine.close()

  const url = `${first.url}/w/${metainfo.infoHash}/${metainfo.name}`
  const copy = copyOf(first, metainfo)
  const damages: readonly [string, () => void][] = [
    ['in the middle', () => flip(copy, 1_700_000)],
    ['at the beginning', () => flip(copy, 5)],
    ['at the end, which is missing', () => truncateSync(copy, SIZE - 100)],
  ]
  for (const [where, damage] of damages) {
    damage()
    const answer = await fetch(url)
    expect([where, answer.status, answer.headers.get('content-length')]).toEqual([where, 200, `${SIZE}`])
    expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(right)
    // The other seeder has it.
    await eventually(async () => expect(sha256(readFileSync(copy))).toBe(right), LIMIT_MS, 50)
    await untilWhole(first, metainfo)
  }
}, 240_000)
