import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../../server/base/log.ts'
import { openPostgres } from '../../server/shares/postgres/open.ts'
import { tempFolder } from '../support/content/fixtures.ts'
import { hash, share } from '../support/contracts/each-database.ts'
import { startPostgres, type TestPostgres } from '../support/server/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const infoHash = hash('a')

test('peers are those of nodes that are there; downloads and bytes, those of all', async () => {
  using folder = tempFolder()
  const stores = await openPostgres(await postgres.create())
  await stores.shares.add(share('a'))
  const options = { build: 'test', onChanged: async () => {}, log: createLog('silent') }
  const { node, session } = await stores.join({ data: folder.path, node: 'here' }, options)
  try {
    const { cluster } = stores
    const unknown = {
      infoHash: hash('e'),
      complete: 9,
      incomplete: 9,
      completed: 9,
      bytes: 9,
    }
    await cluster.putCounts(node, [{ infoHash, complete: 1, incomplete: 2, completed: 3, bytes: 4 }, unknown])
    await cluster.putCounts('gone', [
      { infoHash, complete: 10, incomplete: 20, completed: 30, bytes: 2 ** 50 },
    ])
    await cluster.putCounts(node, [{ infoHash, complete: 2, incomplete: 1, completed: 4, bytes: 4 }])
    expect(await cluster.counts()).toEqual([
      { infoHash, complete: 2, incomplete: 1, completed: 34, bytes: 2 ** 50 + 4 },
    ])
    expect(await cluster.completedOf(infoHash)).toBe(34)
    expect(await cluster.completedOf(unknown.infoHash)).toBe(0)
    expect(await cluster.nodes()).toMatchObject([{ name: 'here', build: 'test', isHere: true, leads: true }])

    const { at, changed } = await cluster.changes(0)
    expect([...changed.keys()]).toEqual([infoHash])
    expect((await cluster.changes(at + 1)).changed.size).toBe(0)
    await cluster.prune()
    expect((await cluster.changes(0)).changed.size).toBe(1)
  } finally {
    await session.close()
    await stores.close()
  }
})
