import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { CachedShare } from '../../../server/seeder/cached-share.ts'
import { packMetainfo } from '../../../server/shares/metainfo/packed-metainfo.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { metainfo, WHOLE } from '../../support/fakes/fake-seeder.ts'

afterEach(() => vi.useRealTimers())

it('has a file once the seeder reports it complete and the file has its length', () => {
  using folder = tempFolder()
  const share = new CachedShare(packMetainfo(metainfo), folder.path, { use: () => {}, damage: () => {} })
  const path = join(folder.path, '0')
  writeFileSync(path, Buffer.alloc(100))
  expect([share.complete, share.file(0)]).toEqual([false, null])
  share.state = { ...WHOLE, have: 99, complete: false }
  expect([share.complete, share.file(0)]).toEqual([false, null])
  share.state = WHOLE
  expect([share.complete, share.file(0)]).toEqual([true, path])
  expect(share.file(1)).toBeNull()
  writeFileSync(path, Buffer.alloc(99))
  expect(share.file(0)).toBeNull()
})

it('has no file where a folder or a link is', () => {
  using folder = tempFolder()
  mkdirSync(join(folder.path, 'elsewhere'))
  writeFileSync(join(folder.path, 'target'), Buffer.alloc(100))
  symlinkSync('target', join(folder.path, '0'))
  const share = new CachedShare(packMetainfo(metainfo), folder.path, { use: () => {}, damage: () => {} })
  share.state = WHOLE
  expect(share.file(0)).toBeNull()
})

it('reports its uses in sums, at most one every two seconds', () => {
  vi.useFakeTimers()
  const reported: number[] = []
  const share = new CachedShare(packMetainfo(metainfo), '/nowhere', {
    use: bytes => reported.push(bytes),
    damage: () => {},
  })
  for (const bytes of [0, 10, 20]) share.touched(bytes)
  expect(reported).toEqual([])
  vi.advanceTimersByTime(2_000)
  expect(reported).toEqual([30])
  vi.advanceTimersByTime(10_000)
  share.touched(0)
  vi.advanceTimersByTime(2_000)
  expect(reported).toEqual([30, 0])
})
