import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { sized } from '../../support/long.ts'
import { startApp } from '../../support/server/app.ts'
import { eventually } from '../../support/server/cluster.ts'
import { startPostgres, type TestPostgres } from '../../support/server/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** How soon a server must be whole again when its database is. */
const BACK_MS = 5_000

test('without its database a server tracks on, refuses the rest with a date to come back, and is whole again by itself', async () => {
  await using server = await startApp({ TABSEED_DATABASE: await postgres.create() })
  const { infoHash } = await publishNamed(server.url, 'before')
  using tab = await TrackerClient.open(server.announceUrl)
  await tab.announce(infoHash, peerIdNamed('a'))
  await postgres.kill()

  expect(await tab.announce(infoHash, peerIdNamed('a'))).toHaveProperty('interval')
  const refused = await postTorrent(server.url, torrentNamed('meanwhile'))
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('5')
  const body = await refused.text()
  expect(body).toContain('database_away')
  expect(body).not.toContain('127.0.0.1')
  const ready = await eventually(async () => {
    const answer = await fetch(`${server.url}/readyz`)
    expect(answer.status).toBe(503)
    return answer.json()
  }, BACK_MS)
  expect(ready.problems).toMatchObject([{ part: 'database' }])

  await postgres.start()
  const { share } = await eventually(() => publishNamed(server.url, 'after'), BACK_MS)
  expect(share.name).toBe('after')
  expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(200)
  await eventually(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(200), BACK_MS)
})

test('no share that was acknowledged is lost when the database is killed', { tags: 'sized' }, async () => {
  await using server = await startApp({ TABSEED_DATABASE: await postgres.create(), TABSEED_LIMITS: 'off' })
  const acknowledged: string[] = []
  let isOver = false
  const publisher = async (name: string) => {
    for (let count = 0; !isOver; count += 1) {
      const answer = await postTorrent(server.url, torrentNamed(`${name}-${count}`)).catch(() => null)
      if (answer?.status === 201) acknowledged.push((await answer.json()).share.infoHash)
      else await delay(20)
    }
  }
  const publishers = ['a', 'b', 'c', 'd'].map(publisher)
  for (let kills = sized({ gate: 3, long: 50 }); kills > 0; kills -= 1) {
    const before = acknowledged.length
    await eventually(async () => expect(acknowledged.length).toBeGreaterThan(before + 10), 20_000)
    await postgres.kill()
    await postgres.start()
  }
  isOver = true
  await Promise.all(publishers)
  const stored = await eventually(async () => {
    const answers = acknowledged.map(infoHash => fetch(`${server.url}/api/shares/${infoHash}`))
    return (await Promise.all(answers)).map(({ status }) => status)
  }, BACK_MS)
  expect(acknowledged.length).toBeGreaterThan(30)
  expect(stored.filter(status => status !== 200)).toEqual([])
})

test('a server that cannot use its database says why, and does not start', async () => {
  const away = `postgres://tabseed@127.0.0.1:${postgres.port}/none`
  await expect(startApp({ TABSEED_DATABASE: away })).rejects.toThrow(
    'cannot open the database (TABSEED_DATABASE): database "none" does not exist',
  )
})
