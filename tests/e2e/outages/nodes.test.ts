import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { startRedis } from '../../support/relay/redis-server.ts'
import { startPostgres } from '../../support/server/postgres.ts'
import { startServer } from '../../support/server/test-server.ts'

const { folder, person } = setStage()

it('a tab at one node is found from another, and each page knows the whole share', {
  tags: 'long',
  timeout: 180_000,
}, async () => {
  writeTree(folder.path, { 'far.bin': noise(9_000_001, 91) })
  const path = join(folder.path, 'far.bin')
  await using postgres = await startPostgres()
  await using redis = await startRedis()
  const database = await postgres.create()
  const node = (name: string) =>
    startServer([], { TABSEED_DATABASE: database, TABSEED_REDIS: redis.url, TABSEED_NODE: name })
  await using a = await node('a')
  await using b = await node('b')

  const publisher = await person()
  const link = await publish(publisher, a.url, { files: [path] })
  const reader = await person()
  const there = link.replace(a.url, b.url)
  await reader.goto(there)
  await reader.locator('[data-share][data-presence=online]').waitFor()
  await startDownload(reader, there)
  await waitForState(reader, 'done')
  expect(sha256File(await save(reader, /^Save/, folder.path))).toBe(sha256File(path))
  // The tracker of the other node has counted it.
  await publisher.locator('[data-share][data-downloads="1"]').waitFor({ timeout: 60_000 })
})
