import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { TrackerClient } from '../../support/clients/tracker-client.ts'
import { startApp } from '../../support/server/app.ts'
import { startServer } from '../../support/server/test-server.ts'

test('/healthz and /readyz tell a server that is well from one with a full disk', async () => {
  await using well = await startApp()
  await using full = await startApp({ TABSEED_DISK_RESERVE: '1000000GB' })
  const ask = async (server: { readonly url: string }, path: string) => {
    const answer = await fetch(server.url + path)
    return [answer.status, await answer.json()]
  }
  expect(await ask(well, '/healthz')).toEqual([200, { status: 'ok' }])
  expect(await ask(well, '/readyz')).toEqual([200, { status: 'ready', problems: [] }])
  expect(await ask(full, '/healthz')).toEqual([200, { status: 'ok' }])
  expect(await ask(full, '/readyz')).toEqual([
    503,
    {
      status: 'not_ready',
      problems: [{ part: 'disk', reason: expect.stringContaining('TABSEED_DISK_RESERVE') }],
    },
  ])
})

test('a stop sends many tabs away bit by bit, with 1012', async () => {
  await using server = await startApp({ TABSEED_LIMITS: 'off' })
  const clients = await Promise.all(Array.from({ length: 120 }, () => TrackerClient.open(server.announceUrl)))
  const closes = clients.map(async client => [await client.closed, performance.now()] as const)
  const start = performance.now()
  await server.stop()
  const closed = await Promise.all(closes)
  expect(new Set(closed.map(([code]) => code))).toEqual(new Set([1012]))
  const times = closed.map(([, at]) => at - start).sort((a, b) => a - b)
  // Three slices in a second.
  expect(times.at(-1)).toBeGreaterThan(600)
  expect(times.at(-1)).toBeLessThan(3_000)
  expect(times.filter(ms => ms < 300).length).toBeLessThanOrEqual(50)
})

test('on SIGTERM /readyz says 503 first, pages and API go on, tabs are told to come back and not taken again', async () => {
  await using server = await startServer([], { TABSEED_DRAIN_SECONDS: '2' })
  const client = await TrackerClient.open(server.announceUrl)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  const start = performance.now()
  const stopped = server.stop('SIGTERM')
  expect(await client.closed).toBe(1012)

  const readiness = await fetch(`${server.url}/readyz`)
  expect([readiness.status, await readiness.json()]).toEqual([
    503,
    { status: 'not_ready', problems: [{ part: 'server', reason: 'it is about to stop' }] },
  ])
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  expect((await fetch(server.url)).status).toBe(200)
  const refused = new WebSocket(server.announceUrl)
  const [, answer] = await once(refused, 'unexpected-response')
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])

  expect(await stopped).toBe(0)
  const seconds = (performance.now() - start) / 1000
  expect(seconds).toBeGreaterThan(2)
  expect(seconds).toBeLessThan(7)
})
