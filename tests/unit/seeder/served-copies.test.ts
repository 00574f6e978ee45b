import { afterAll, expect, test, vi } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { createLog } from '../../../server/base/log.ts'
import { ServedCopies } from '../../../server/seeder/served-copies.ts'
import { MetainfoReader } from '../../../server/shares/metainfo/metainfo-reader.ts'
import { metainfo as content, torrent, WHOLE } from '../../support/fakes/fake-seeder.ts'

const { infoHash } = content
const MINUTE_MS = 60_000

const metainfo = new MetainfoReader()
afterAll(() => metainfo.close())

/** Copies of which the seeder has reported one, as whole. */
async function reported() {
  let ms = 0
  const copies = new ServedCopies({
    folder: '/nowhere',
    metainfo,
    toSeeder: () => undefined,
    log: createLog('silent'),
    now: () => ms,
  })
  copies.connected()
  copies.onSeeder({ report: 'ready', port: 1, infoHashes: [infoHash] })
  copies.onSeeder({ report: 'kept', torrent })
  copies.onSeeder({ report: 'state', states: [WHOLE] })
  const isServed = () => copies.find(infoHash)?.complete === true
  const pass = (more: number) => {
    ms += more
  }
  /** Everything that was said is read. */
  const settled = async () => {
    const other = { ...WHOLE, have: WHOLE.have - 1 }
    copies.onSeeder({ report: 'state', states: [other] })
    copies.onServer({ do: 'retain', infoHashes: [infoHash] })
    await vi.waitFor(() => expect(copies.find(infoHash)).toMatchObject({ state: other }), { interval: 1 })
  }
  return { copies, isServed, pass, settled }
}

test('a copy is served once the server has listed its share, and until it says to drop it', async () => {
  const { copies, isServed, settled } = await reported()
  expect([isServed(), copies.mayCome(infoHash)]).toEqual([false, true])
  await settled()
  expect([isServed(), copies.mayCome(infoHash)]).toEqual([true, false])
  copies.onServer({ do: 'drop', infoHash })
  expect([isServed(), copies.mayCome(infoHash)]).toEqual([false, false])
  // What was on its way.
  copies.onSeeder({ report: 'state', states: [WHOLE] })
  copies.onSeeder({ report: 'kept', torrent })
  copies.onSeeder({ report: 'dropped', infoHash, reason: 'asked' })
  copies.onServer({ do: 'keep', torrent, pinned: false, again: true })
  copies.onSeeder({ report: 'kept', torrent })
  expect(isServed()).toBe(false)
  copies.onSeeder({ report: 'state', states: [WHOLE] })
  await vi.waitFor(() => expect(isServed()).toBe(true), { interval: 1 })
  copies.onServer({ do: 'retain', infoHashes: [] })
  expect(isServed()).toBe(false)
})

test('a seeder whose server is away for more than ten minutes serves nothing until that has listed it again', async () => {
  const { copies, isServed, pass, settled } = await reported()
  await settled()
  copies.disconnected()
  pass(9 * MINUTE_MS)
  copies.disconnected()
  expect(isServed()).toBe(true)
  pass(2 * MINUTE_MS)
  expect([isServed(), copies.mayCome(infoHash)]).toEqual([false, true])
  copies.connected()
  expect([isServed(), copies.mayCome(infoHash)]).toEqual([false, true])
  copies.onServer({ do: 'retain', infoHashes: [infoHash] })
  expect(isServed()).toBe(true)

  // A restart of the server ends nothing.
  copies.disconnected()
  pass(MINUTE_MS)
  copies.connected()
  expect(isServed()).toBe(true)
})

test('what the process holds and has not opened yet may come', async () => {
  const { copies, settled } = await reported()
  await settled()
  const other = 'f'.repeat(40) as InfoHash
  copies.onServer({ do: 'retain', infoHashes: [infoHash, other] })
  expect(copies.mayCome(other)).toBe(false)
  copies.onSeeder({ report: 'ready', port: 1, infoHashes: [infoHash, other] })
  await vi.waitFor(() => expect(copies.mayCome(other)).toBe(true), { interval: 1 })
  expect(copies.mayCome(infoHash)).toBe(false)
})

test('what the process has no longer after its restart is not served', async () => {
  const { copies, isServed, settled } = await reported()
  await settled()
  copies.onSeeder({ report: 'ready', port: 1, infoHashes: [] })
  await vi.waitFor(() => expect(isServed()).toBe(false), { interval: 1 })
})
