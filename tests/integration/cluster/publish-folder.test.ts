import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterNodesSchema } from '../../../lib/protocol/admin.ts'
import { shareSchema } from '../../../lib/protocol/share.ts'
import { statusSchema } from '../../../lib/protocol/status.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { WatchTimes } from '../../../server/seeder/publish-folder/watch-folder.ts'
import { noise } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { eventually, OPERATOR_KEY } from '../../support/server/cluster.ts'
import { freePort } from '../../support/server/free-port.ts'
import { startPostgres, type TestPostgres } from '../../support/server/postgres.ts'
import { NEVER_CERTAIN, QUICK as QUICK_FOLDER } from '../../support/server/publish-folder.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT_MS = 60_000
const SIZE = 500_000
const QUICK = { lookMs: 200, seenMs: 200, lostMs: 60_000, surplusMs: 60_000 }

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const { ends, inFolder } = endAfterEach()

/** A node with a publish folder, at the address that `named` is the setting of, and one without anything. */
async function startNodes(named: 'TABSEED_SEEDER_URL' | 'TABSEED_SEEDER_INSIDE_URL') {
  const database = await postgres.create()
  const folder = inFolder()
  const publish = join(folder, 'publish')
  mkdirSync(publish)
  const port = await freePort()
  const common = {
    TABSEED_DATABASE: database,
    TABSEED_OPERATOR_KEY: OPERATOR_KEY,
    TABSEED_LISTED: 'always',
    TABSEED_LIMITS: 'off',
  }
  const start = async (
    name: string,
    env: Readonly<Record<string, string>>,
    watchTimes: WatchTimes = QUICK_FOLDER,
  ) => {
    const times = { placementTimes: QUICK, watchTimes }
    const node = await startApp({ ...common, TABSEED_NODE: name, ...env }, times)
    ends.push(() => node[Symbol.asyncDispose]())
    return node
  }
  const url = `http://127.0.0.1:${port}`
  const settings = {
    TABSEED_DATA: join(folder, 'data'),
    TABSEED_PORT: String(port),
    TABSEED_SEEDER: 'on',
    TABSEED_SEEDER_PORT: '0',
    TABSEED_SEEDER_NAME: 'disks',
    TABSEED_SEEDER_ZONE: 'berlin',
    TABSEED_PUBLISH_DIR: publish,
    [named]: url,
  }
  const startHolder = (watchTimes?: WatchTimes) => start('holder', settings, watchTimes)
  return { publish, url, holder: await startHolder(), startHolder, node: await start('node', {}) }
}

/** The share that the other node published. */
const shareAt = (node: TestApp) =>
  eventually(async () => {
    const { shares } = statusSchema.parse(await (await fetch(`${node.url}/status.json`)).json())
    const [share] = shares ?? []
    expect(share).toBeDefined()
    return share?.infoHash ?? ''
  }, LIMIT_MS)

const statusOf = async (url: string) => (await fetch(url, { redirect: 'manual' })).status
const until = (url: string, status: number) =>
  eventually(async () => expect(await statusOf(url)).toBe(status), LIMIT_MS)

test('what is in the publish folder of one node is answered by the others, which send readers there, until it is gone', async () => {
  const { holder, node, publish, startHolder, url } = await startNodes('TABSEED_SEEDER_URL')
  writeFileSync(join(publish, 'image.iso'), noise(SIZE, 121))
  const infoHash = await shareAt(node)
  const file = `${node.url}/w/${infoHash}/image.iso`
  await until(file, 307)
  const sent = await fetch(file, { redirect: 'manual' })
  expect(sent.headers.get('location')).toBe(`${url}/w/${infoHash}/image.iso?here=1`)
  expect(Buffer.from(await (await fetch(file)).arrayBuffer()).equals(noise(SIZE, 121))).toBe(true)
  const share = shareSchema.parse(await (await fetch(`${node.url}/api/shares/${infoHash}`)).json())
  expect(share.webSeeds).toEqual([node.url, url].map(base => `${base}/w/${infoHash}/`))
  const kept = async () => (await fetch(`${node.url}/api/shares/${infoHash}/kept`)).json()
  expect(await kept()).toMatchObject({ kept: 'yes', have: SIZE })

  const headers = { authorization: `Bearer ${OPERATOR_KEY}` }
  const found = await (await fetch(`${node.url}/api/admin/nodes`, { headers })).json()
  const { seeders } = clusterNodesSchema.parse(found)
  expect(seeders).toEqual([expect.objectContaining({ name: 'disks', zone: 'berlin', url, isHere: true })])

  // Asked for and let go of elsewhere it is still what its operator published.
  for (const method of ['PUT', 'DELETE'])
    expect((await fetch(`${node.url}/api/shares/${infoHash}/kept`, { method, headers })).ok).toBe(true)
  await node.services.shareCache?.balance()
  await holder.services.shareCache?.balance()
  expect(await statusOf(file)).toBe(307)
  expect(await statusOf(`${holder.url}/w/${infoHash}/image.iso?here=1`)).toBe(200)

  // Removed while its node is away: forgotten when that is back, long before its link ends.
  await holder.stop()
  rmSync(join(publish, 'image.iso'))
  writeFileSync(join(publish, 'other.iso'), noise(1000, 122))
  await startHolder(NEVER_CERTAIN)
  await eventually(
    async () => expect(node.services.shareCache?.copiesOf(infoHash as InfoHash)).toEqual([]),
    LIMIT_MS,
  )
  expect((await fetch(`${node.url}/api/shares/${infoHash}`)).status).toBe(200)
  expect(await statusOf(file)).toBe(404)
}, 120_000)

test('or pass it on; and it is not led to once it was removed', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const { node, publish } = await startNodes('TABSEED_SEEDER_INSIDE_URL')
  writeFileSync(join(publish, 'image.iso'), noise(SIZE, 123))
  const infoHash = await shareAt(node)
  const file = `${node.url}/w/${infoHash}/image.iso`
  await until(file, 200)
  expect(Buffer.from(await (await fetch(file)).arrayBuffer()).equals(noise(SIZE, 123))).toBe(true)
  rmSync(join(publish, 'image.iso'))
  await until(file, 404)
  await eventually(
    async () => expect((await fetch(`${node.url}/api/shares/${infoHash}`)).status).toBe(404),
    LIMIT_MS,
  )
})
