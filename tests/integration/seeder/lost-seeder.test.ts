import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { createLog } from '../../../server/base/log.ts'
import { readConfig } from '../../../server/config/config.ts'
import { seedForServer } from '../../../server/seeder/seed-for-server.ts'
import { aria2Download } from '../../support/clients/classic.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { sha256File } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { startPostgres } from '../../support/server/postgres.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 90_000, interval: 50 }
const TOKEN = 'a-secret-of-all-machines'
/** Seconds instead of minutes and a day. */
const QUICK = { lookMs: 200, seenMs: 200, lostMs: 2_000, surplusMs: 1_000 }
const NAMES = ['one', 'two', 'three'] as const

const { ends, inFolder } = endAfterEach()

/** A server whose seeders are elsewhere. Started again it is found where it was. */
async function serve(
  data: string,
  port = '0',
  more: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const settings = { TABSEED_DATA: data, TABSEED_PORT: port, TABSEED_SEEDER_TOKEN: TOKEN, ...more }
  const server = await startApp(settings, { placementTimes: QUICK })
  ends.push(() => server[Symbol.asyncDispose]())
  return server
}

/** A seeder with a process of its own, which keeps its shares in `<folder>/<name>`; resolves what ends it. */
function seedFor(server: TestApp, folder: string, name: string) {
  const settings = {
    TABSEED_SEEDER_DIR: join(folder, name),
    TABSEED_SEEDER_NAME: name,
    TABSEED_SEEDER_PORT: '0',
  }
  const config = readConfig([], { NODE_ENV: 'test', TABSEED_SEEDER_TOKEN: TOKEN, ...settings })
  if (config === 'help') throw new TypeError('no --help was given')
  const ended = new AbortController()
  const { signal } = ended
  const log = createLog('silent')
  const running = seedForServer({ server: server.url, token: TOKEN, config, log, signal }).catch(
    () => undefined,
  )
  const end = async () => {
    ended.abort()
    await running
  }
  ends.push(end)
  return end
}

const seedersOf = ({ services }: TestApp) => services.shareCache?.seeders() ?? []

const untilHere = (server: TestApp, names: readonly string[]) =>
  vi.waitFor(() => {
    const here = seedersOf(server).filter(({ isAway }) => !isAway)
    expect(here.map(({ name }) => name).toSorted(), 'connected').toEqual(names.toSorted())
  }, LIMIT)

/** Waits until `count` of those that are connected have everything; their names. */
const untilCopies = (server: TestApp, count: number) =>
  vi.waitFor(() => {
    const whole = seedersOf(server).filter(({ complete, isAway }) => !isAway && complete === 1)
    expect(whole, 'whole copies').toHaveLength(count)
    return whole.map(({ name }) => name)
  }, LIMIT)

const hasBytes = (folder: string, name: string, { infoHash }: Metainfo) =>
  readdirSync(join(folder, name)).includes(infoHash)

test('of two copies on three seeders one goes and its disk is erased: readers finish, and there are two again', async () => {
  const folder = inFolder()
  const server = await serve(join(folder, 'data'))
  const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(server.url, folder, 3_000_000, 62)
  const ending = new Map(NAMES.map(name => [name as string, seedFor(server, folder, name)]))
  await untilHere(server, NAMES)
  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  const [lost = ''] = await untilCopies(server, 2)
  await engine.close()

  const torrent = `${server.url}/t/${metainfo.infoHash}.torrent`
  const reader = aria2Download(torrent, join(folder, 'reader'))
  await ending.get(lost)?.()
  rmSync(join(folder, lost), { recursive: true })
  await reader
  expect(sha256File(join(folder, 'reader', metainfo.name))).toBe(sha256)
  const rest = NAMES.filter(name => name !== lost)
  expect((await untilCopies(server, 2)).toSorted()).toEqual(rest.toSorted())

  // With an empty disk it is another seeder, and not needed.
  seedFor(server, folder, lost)
  await untilHere(server, NAMES)
  expect(hasBytes(folder, lost, metainfo)).toBe(false)
}, 240_000)

test('an older database is restored: every seeder keeps every byte', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const folder = inFolder()
  const data = join(folder, 'data')
  const older = join(folder, 'older')
  let server = await serve(data)
  const port = new URL(server.url).port
  await server.stop()
  cpSync(data, older, { recursive: true })
  server = await serve(data, port)
  const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(server.url, folder, 1_000_000, 63)
  for (const name of NAMES.slice(0, 2)) seedFor(server, folder, name)
  await untilHere(server, NAMES.slice(0, 2))
  await askToKeep(server.url, metainfo, ownerKey)
  await untilCopies(server, 2)
  await engine.close()
  await server.stop()

  // It knows neither the share nor the seeders.
  const restored = await serve(older, port)
  await untilHere(restored, NAMES.slice(0, 2))
  for (let look = 0; look < 10; look += 1) await restored.services.shareCache?.balance()
  for (const name of NAMES.slice(0, 2)) expect(hasBytes(folder, name, metainfo), name).toBe(true)
  await restored.stop()

  const right = await serve(data, port)
  await untilHere(right, NAMES.slice(0, 2))
  await untilCopies(right, 2)
  await aria2Download(`${right.url}/t/${metainfo.infoHash}.torrent`, join(folder, 'reader'))
  expect(sha256File(join(folder, 'reader', metainfo.name))).toBe(sha256)
})

test('of two nodes with a seeder each, either takes a request for both, and says what both have', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const folder = inFolder()
  const postgres = await startPostgres()
  ends.push(() => postgres[Symbol.asyncDispose]())
  const database = { TABSEED_DATABASE: await postgres.create() }
  const first = await serve(join(folder, 'first'), '0', database)
  const second = await serve(join(folder, 'second'), '0', database)
  const { engine, metainfo, ownerKey } = await publishFromNode(first.url, folder, 1_000_000, 64)
  ends.push(() => engine.close())
  seedFor(first, folder, 'one')
  await untilHere(first, ['one'])
  // It has none of its own yet.
  await vi.waitFor(
    async () => expect((await askToKeep(second.url, metainfo, ownerKey)).status, 'taken').toBe(202),
    LIMIT,
  )
  const untilKept = (server: TestApp, state: object) =>
    vi.waitFor(async () => expect(await keptBy(server.url, metainfo), 'kept').toMatchObject(state), LIMIT)
  await untilKept(first, { asked: true, kept: 'yes', have: 1_000_000, problem: null })
  await untilKept(second, { asked: true, kept: 'yes', have: 1_000_000, problem: null })

  // Connected to the other node it is asked for the second copy.
  seedFor(second, folder, 'two')
  await untilHere(second, ['two'])
  const copies = () => second.services.shareCache?.copiesOf(metainfo.infoHash)
  await vi.waitFor(() => expect(copies(), 'copies that are to be').toHaveLength(2), LIMIT)

  expect((await askToKeep(second.url, metainfo, ownerKey, 'DELETE')).status).toBe(204)
  await untilKept(first, { asked: false, kept: 'no' })
  await vi.waitFor(() => expect(hasBytes(folder, 'one', metainfo), 'bytes of the first').toBe(false), LIMIT)
})
