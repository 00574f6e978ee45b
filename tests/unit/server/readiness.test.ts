import { expect, test } from 'vitest'
import { Readiness } from '../../../server/monitor/readiness.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const bodyOf = (reply: { readonly body?: unknown }) => JSON.parse(String(reply.body))

test('a server with all it needs is ready, and one that is about to stop is not', async () => {
  using folder = tempFolder()
  const readiness = new Readiness({ data: folder.path, diskReserve: 0, strangeMigrations: async () => [] })
  const ready = await readiness.reply()
  expect([ready.status, bodyOf(ready)]).toEqual([200, { status: 'ready', problems: [] }])
  readiness.drain()
  const draining = await readiness.reply()
  expect([draining.status, draining.headers?.['retry-after']]).toEqual([503, '5'])
  expect(bodyOf(draining).problems).toEqual([{ part: 'server', reason: 'it is about to stop' }])
})

test('every problem is named, each by itself', async () => {
  using folder = tempFolder()
  const data = folder.path
  const problems = async (options: Partial<ConstructorParameters<typeof Readiness>[0]>) =>
    bodyOf(
      await new Readiness({ data, diskReserve: 0, strangeMigrations: async () => [], ...options }).reply(),
    ).problems.map(({ part, reason }: Record<string, string>) => `${part}: ${reason}`)

  expect(await problems({ diskReserve: Number.MAX_SAFE_INTEGER })).toEqual([
    'disk: less than TABSEED_DISK_RESERVE is free on the disk of the data directory',
  ])
  expect(await problems({ strangeMigrations: async () => ['007-later'] })).toEqual([
    'migrations: the schema of the database differs by 007-later',
  ])
  const broken = async () => {
    throw new Error('database disk image is malformed')
  }
  expect(await problems({ strangeMigrations: broken, data: `${data}/none` })).toEqual([
    'database: database disk image is malformed',
    'disk: no such file or directory (ENOENT)',
  ])
})

test('whoever asks often makes it look once a second at most', async () => {
  using folder = tempFolder()
  let looks = 0
  const readiness = new Readiness({
    data: folder.path,
    diskReserve: 0,
    strangeMigrations: async () => {
      looks += 1
      return []
    },
  })
  await Promise.all(Array.from({ length: 100 }, () => readiness.reply()))
  expect(looks).toBe(1)
})
