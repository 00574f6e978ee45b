import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createApp } from '../../../server/app.ts'
import { createLog } from '../../../server/base/log.ts'
import { StartError } from '../../../server/base/start-error.ts'
import { type Config, readConfig } from '../../../server/config/config.ts'
import { TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const configOf = (env: Record<string, string>) => readConfig([], { NODE_ENV: 'test', ...env }) as Config

function silentApp(env: Record<string, string>) {
  return createApp(configOf({ TABSEED_PORT: '0', ...env }), { log: createLog('silent'), pages: 'none' })
}

const metricsOf = async (url: string) => (await fetch(`${url}/metrics`)).text()

test('two servers in one process know nothing of each other', async () => {
  await using one = await startApp()
  await using two = await startApp()
  const { infoHash } = await publishNamed(one.url, 'of one')
  expect((await fetch(`${one.url}/api/shares/${infoHash}`)).status).toBe(200)
  expect((await fetch(`${two.url}/api/shares/${infoHash}`)).status).toBe(404)
  expect(await metricsOf(one.url)).toContain('tabseed_shares 1\n')
  expect(await metricsOf(two.url)).toContain('tabseed_shares 0\n')
  await two.stop()
  expect((await fetch(`${one.url}/api/shares/${infoHash}`)).status).toBe(200)
})

test('without pages their routes are not found', async () => {
  await using server = await startApp()
  for (const path of ['/', '/status', `/d/${'0'.repeat(40)}`]) {
    expect((await fetch(`${server.url}${path}`)).status).toBe(404)
  }
})

test('a start that fails says why, writes nothing, and a stop closes what it had opened', async () => {
  using folder = tempFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const app = silentApp({ TABSEED_PORT: String(port), TABSEED_DATA: folder.path })
  const error = await app.start().catch(reason => reason)
  expect(error).toBeInstanceOf(StartError)
  expect(error.message).toBe(
    `Tabseed cannot start: port ${port} is taken: choose another with TABSEED_PORT or --port`,
  )
  expect(() => app.url).toThrow()
  await app.stop()
  expect(existsSync(join(folder.path, 'tracker.json'))).toBe(false)
  // SQLite removes its log when the last connection to the database is closed.
  expect(existsSync(join(folder.path, 'tabseed.sqlite-wal'))).toBe(false)
  taken.close()
})

test('a stop while it starts waits for the start, and closes everything', async () => {
  using folder = tempFolder()
  const app = silentApp({ TABSEED_DATA: folder.path })
  const started = app.start()
  await app.stop()
  await started
  await expect(fetch(app.url)).rejects.toThrow()
  expect(existsSync(join(folder.path, 'tabseed.sqlite-wal'))).toBe(false)
})

test('a stop cuts WebSockets with 1012 and saves the tracker', async () => {
  await using server = await startApp()
  const client = await TrackerClient.open(server.announceUrl)
  await server.stop()
  expect(await client.closed).toBe(1012)
  expect(existsSync(join(server.dataDirectory, 'tracker.json'))).toBe(true)
})
