import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { markOf, OwnStores } from '../../../server/cli/transfer/own-stores.ts'
import { seederEnvironment } from '../../../server/seeder/link/seeder-process.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const HASH = 'ab'.repeat(20) as InfoHash
const OTHER = 'cd'.repeat(20) as InfoHash

test('a mark is good for its share, in its folder, of its user', async () => {
  using folder = tempFolder()
  const at = (name: string) => join(folder.path, name)
  for (const name of ['here', 'there']) mkdirSync(at(name))
  const mine = new OwnStores(at('mine'))
  expect(await mine.has(at('here'), HASH)).toBe(false)
  await mine.mark(at('here'), HASH)
  expect(await mine.has(at('here'), HASH)).toBe(true)
  expect(await new OwnStores(at('mine')).has(at('here'), HASH)).toBe(true)
  expect(await mine.has(at('here'), OTHER)).toBe(false)
  expect(statSync(at('mine/store-key')).mode & 0o077).toBe(0)

  const theirs = new OwnStores(at('theirs'))
  await theirs.mark(at('there'), HASH)
  expect(await mine.has(at('there'), HASH)).toBe(false)
  writeFileSync(markOf(at('there'), HASH), 'x')
  expect(await mine.has(at('there'), HASH)).toBe(false)
  // Not even our own, carried elsewhere.
  renameSync(markOf(at('here'), HASH), markOf(at('there'), HASH))
  expect(await mine.has(at('there'), HASH)).toBe(false)
})

test('without a state folder nothing is ours, and nothing fails', async () => {
  using folder = tempFolder()
  writeFileSync(join(folder.path, 'file'), '')
  const stores = new OwnStores(join(folder.path, 'file', 'state'))
  await stores.mark(folder.path, HASH)
  expect(await stores.has(folder.path, HASH)).toBe(false)
})

test('the seeder gets none of our settings in its environment', () => {
  const env = {
    PATH: '/bin',
    TABSEED_OPERATOR_KEY: 'secret',
    TABSEED_TURN_SECRET: 'secret',
    TABSEED_SEEDER_TOKEN: 'secret',
    TABSEED_DEBUG: '*',
  } as unknown as NodeJS.ProcessEnv
  expect(seederEnvironment(env)).toEqual({ PATH: '/bin', TABSEED_DEBUG: '*' })
})
