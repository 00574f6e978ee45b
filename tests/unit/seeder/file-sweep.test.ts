import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { FileSweep } from '../../../server/seeder/process/file-sweep.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { fileOf, PIECE, sampleShare, shareOf } from '../../support/contracts/store-contract.ts'

const LIMIT = { timeout: 10_000 }

test('finds files that are gone or too short, by their last piece, and nothing else', async () => {
  using folder = tempFolder()
  const shares = await Promise.all([sampleShare(), sampleShare(), sampleShare()])
  const [whole, deleted, cut] = shares
  for (const sample of shares) {
    const stored = sample.metainfo.files.map((file, index) => [index, file] as const)
    const files = stored.filter(([, { length, padding }]) => length > 0 && !padding)
    const tree = files.map(([index]) => [`${sample.metainfo.infoHash}/${index}`, fileOf(sample, index)])
    writeTree(folder.path, Object.fromEntries(tree))
  }
  const pathOf = (sample: typeof whole, file: number) =>
    join(folder.path, sample?.metainfo.infoHash ?? '', String(file))
  const verify = vi.fn(async () => true)
  const rounds = vi.fn(() => shares.map(({ metainfo }) => metainfo))
  const sweep = new FileSweep({ copies: rounds, folder: folder.path, verify, roundMs: 10 })
  const running = sweep.run()
  await vi.waitFor(() => expect(rounds.mock.calls.length).toBeGreaterThan(2), LIMIT)
  expect(verify).not.toHaveBeenCalled()
  rmSync(pathOf(deleted, 0))
  truncateSync(pathOf(cut, 4), 2 * PIECE)
  await vi.waitFor(() => {
    expect(verify).toHaveBeenCalledWith(deleted?.metainfo.infoHash, 1)
    expect(verify).toHaveBeenCalledWith(cut?.metainfo.infoHash, 4)
  }, LIMIT)
  expect(verify).not.toHaveBeenCalledWith(whole?.metainfo.infoHash, expect.anything())
  sweep.stop()
  await running
})

test('looks at no more than 100 files a second, and ends at once', async () => {
  const { metainfo } = await shareOf([1])
  const missing = vi.fn(async () => true)
  const copies = Array.from({ length: 61 }, () => metainfo)
  const sweep = new FileSweep({ copies: () => copies, folder: '/nowhere', verify: missing, roundMs: 60_000 })
  const start = performance.now()
  const running = sweep.run()
  await vi.waitFor(() => expect(missing).toHaveBeenCalledTimes(61), LIMIT)
  expect(performance.now() - start).toBeGreaterThan(590)
  sweep.stop()
  await running
})
