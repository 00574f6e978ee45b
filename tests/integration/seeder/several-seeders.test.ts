import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { overviewSchema } from '../../../lib/protocol/admin.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 60_000, interval: 50 }
const TOKEN = 'a-secret-of-all-machines'
const OPERATOR = 'operator-key-of-the-tests'

const { ends, inFolder } = endAfterEach()

/** A seeder on a machine of its own, which keeps its shares in `folder`. */
function seedFor(server: TestServer, folder: string, name: string) {
  const seeder = startCommand(
    folder,
    [
      process.execPath,
      ...[LAUNCHER, 'seed', '--server', server.url, '--seeder-port', '0'],
      ...['--seeder-dir', join(folder, name), '--seeder-name', name],
    ],
    { TABSEED_SEEDER_TOKEN: TOKEN },
  )
  ends.push(async () => {
    seeder.kill('SIGTERM')
    await seeder.ended
  })
  return seeder
}

async function seedersOf(server: TestServer) {
  const headers = { authorization: `Bearer ${OPERATOR}` }
  const reply = await fetch(`${server.url}/api/admin/overview`, { headers })
  return overviewSchema.parse(await reply.json()).seeders
}

test('two seeders are there at once, and a share is kept while either comes and goes', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const folder = inFolder()
  const server = await startServer(['--data', join(folder, 'data')], {
    TABSEED_SEEDER_TOKEN: TOKEN,
    TABSEED_OPERATOR_KEY: OPERATOR,
  })
  ends.push(() => server[Symbol.asyncDispose]())
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder, 1_000_000, 61)
  ends.push(() => engine.close())

  const names = ['one', 'two'] as const
  const running = new Map(names.map(name => [name, seedFor(server, folder, name)]))
  const untilSeeders = (expected: readonly object[]) =>
    vi.waitFor(async () => expect(await seedersOf(server), 'seeders').toMatchObject(expected), LIMIT)
  const there = names.map(name => ({ name, zone: '', away: false, budget: 20_000_000_000 }))
  await untilSeeders(there)
  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  await vi.waitFor(
    async () => expect(await keptBy(server.url, metainfo), 'kept').toMatchObject({ kept: 'yes' }),
    LIMIT,
  )
  const [first, second] = await seedersOf(server)
  expect((first?.complete ?? 0) + (second?.complete ?? 0)).toBeGreaterThan(0)
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toMatch(/tabseed_seeder_connected\{seeder="one",id="[\w-]+"\} 1/)
  expect(metrics).toMatch(/tabseed_seeder_copies\{seeder="one",id="[\w-]+",state="\w+"\} \d/)
  expect(metrics).toMatch(/tabseed_seeder_free_bytes\{seeder="one",id="[\w-]+"\} \d/)

  // Back, each is who it was.
  for (const name of names) {
    running.get(name)?.kill('SIGKILL')
    await untilSeeders(there.map(seeder => ({ ...seeder, away: seeder.name === name })))
    running.set(name, seedFor(server, folder, name))
    await untilSeeders(there)
  }
  expect((await seedersOf(server)).map(({ id }) => id)).toEqual([first?.id, second?.id])
  expect(await keptBy(server.url, metainfo)).toMatchObject({ kept: 'yes' })
})
