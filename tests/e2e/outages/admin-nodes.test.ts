import { expect, it } from 'vitest'
import { clusterNodesSchema } from '../../../lib/protocol/admin.ts'
import { watchHealth } from '../../support/browser/chromium.ts'
import { signIn } from '../../support/browser/pages.ts'
import { look } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { startRedis } from '../../support/relay/redis-server.ts'
import { startPostgres } from '../../support/server/postgres.ts'
import { startServer } from '../../support/server/test-server.ts'

const KEY = 'key-of-ann-0123456789'
const LIMIT = { timeout: 60_000, interval: 500 }

const { person } = setStage()

it('an operator sees the nodes of a cluster, which of them answers and leads, and that one is gone', {
  tags: 'long',
  timeout: 180_000,
}, async () => {
  await using postgres = await startPostgres()
  await using redis = await startRedis()
  const database = await postgres.create()
  const node = (name: string, env: Record<string, string> = {}) =>
    startServer(['--operator-keys', `ann:${KEY}`], {
      TABSEED_DATABASE: database,
      TABSEED_REDIS: redis.url,
      TABSEED_NODE: name,
      ...env,
    })
  await using a = await node('berlin-1')
  await using b = await node('berlin-2', {
    ...{ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' },
    ...{ TABSEED_SEEDER_NAME: 'disks', TABSEED_SEEDER_ZONE: 'west' },
  })

  const page = await person()
  const faults = watchHealth(page.context(), a.url)
  await page.goto(`${a.url}/admin`)
  await signIn(page, KEY)
  const panel = page.locator('[data-panel=nodes]')
  const row = (name: string) => panel.locator(`[data-row="${name}"]`)
  await row('berlin-1').locator('[data-node=leads][data-this=true]').waitFor()
  expect(await row('berlin-1').textContent()).toContain('this one answered')
  const other = row('berlin-2').locator('[data-node=here][data-this=false]')
  // What the others count comes with their next heartbeat.
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Load again' }).click()
      return other.textContent()
    }, LIMIT)
    .toMatch(/^up · since \d{4}-\d\d-\d\d \d\d:\d\d UTC · \d+ WebSockets? · 0 clients · build \S+$/)
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Load again' }).click()
      return panel.locator('[data-seeder]').textContent()
    }, LIMIT)
    .toMatch(/^up · .*free$/)
  expect(await panel.getByText('disks').textContent()).toBe('disks')
  await look(page, 'admin-nodes')

  // The page says what the API says to the command.
  const answer = await fetch(`${a.url}/api/admin/nodes`, { headers: { authorization: `Bearer ${KEY}` } })
  const { nodes, redis: reached } = clusterNodesSchema.parse(await answer.json())
  expect(nodes.map(({ isThis, leads, name }) => ({ isThis, leads, name }))).toEqual([
    { name: 'berlin-1', leads: true, isThis: true },
    { name: 'berlin-2', leads: false, isThis: false },
  ])
  expect(reached).toBe('up')

  await b.stop('SIGKILL')
  await redis.kill()
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Load again' }).click()
      return panel.locator('[data-node=gone], [data-redis=away]').count()
    }, LIMIT)
    .toBe(2)
  expect(await row('berlin-2').textContent()).toMatch(/gone, last seen 2.* UTC/)
  expect(await row('berlin-2').textContent()).not.toContain('client')
  await look(page, 'admin-node-gone')
  expect(faults).toEqual([])
})
