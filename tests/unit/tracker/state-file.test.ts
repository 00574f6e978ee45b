import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../../server/base/log.ts'
import { Access } from '../../../server/tracker/access.ts'
import { Counters } from '../../../server/tracker/counters.ts'
import { StateFile } from '../../../server/tracker/state-file.ts'
import { Swarms } from '../../../server/tracker/swarms/swarms.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const log = createLog('silent')
const MINUTE = 60_000
const HASH = 'h'.repeat(20)
const ID = 'i'.repeat(20)
const V4 = '\xc0\x00\x02\x01\x1a\xe1'
const V6 = '\x20\x01'.padEnd(18, '\x07')

let folder: ReturnType<typeof tempFolder>
let path: string
beforeEach(() => {
  folder = tempFolder()
  path = join(folder.path, 'tracker.json')
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_800_000_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
  folder[Symbol.dispose]()
})

const newSwarms = (access = new Access('open')) =>
  new Swarms({ access, counters: new Counters(), now: () => performance.now(), limited: true })
const announce = (swarms: Swarms, compact: string, downloaded = 0, left = 1) =>
  swarms.announceClassic(
    HASH,
    ID,
    compact,
    { event: undefined, seed: left === 0, downloaded },
    { countsDownloads: true, peersMax: 1_000_000 },
  )

/** The swarms of the next process, which starts `later` milliseconds after this one saved. */
async function restarted(swarms: Swarms, later: number, access?: Access): Promise<Swarms> {
  await new StateFile(path).save(swarms)
  vi.setSystemTime(Date.now() + later)
  const next = newSwarms(access)
  expect(new StateFile(path).load(next, log)).toBe(true)
  return next
}

test('classic peers of both families are restored with their state', async () => {
  const swarms = newSwarms()
  announce(swarms, V4, 5, 0)
  announce(swarms, V6)
  const next = await restarted(swarms, MINUTE)
  expect(next.counts(HASH)).toEqual({ complete: 1, incomplete: 1, downloaded: 0 })
  const swarm = next.find(HASH)
  expect(swarm?.ipv4.size).toBe(1)
  expect(swarm?.classic.get(V6)).toMatchObject({ id: ID, seed: false, downloaded: 0 })
  expect(readFileSync(path, 'utf8')).toContain('"c00002011ae1"')
})

test('peers that should have announced again are not restored, nor are those of shares that are no longer tracked', async () => {
  const swarms = newSwarms()
  announce(swarms, V4)
  expect((await restarted(swarms, 26 * MINUTE)).size).toBe(0)
  announce(swarms, V4)
  expect((await restarted(swarms, MINUTE, new Access('closed'))).size).toBe(0)
})

test('bytes downloaded meanwhile count, earlier ones not again', async () => {
  const swarms = newSwarms()
  announce(swarms, V4, 1000)
  const next = await restarted(swarms, MINUTE)
  announce(next, V4, 1500)
  expect(next.totals().get(HASH)?.bytes).toBe(500)
})

test('a claim beyond the safe integers does not make the file unreadable', async () => {
  const swarms = newSwarms()
  announce(swarms, V4, 2 ** 64)
  expect((await restarted(swarms, MINUTE)).find(HASH)?.classic.size).toBe(1)
})

test('a clock that is set back keeps no peer for longer', async () => {
  const swarms = newSwarms()
  announce(swarms, V4)
  const next = await restarted(swarms, -5 * 60 * MINUTE)
  expect(next.find(HASH)?.classic.get(V4)?.seenAt).toBeLessThanOrEqual(performance.now())
})

test('a file without peers is read, and one with an invalid peer is not', () => {
  const hash = Buffer.from(HASH).toString('hex')
  writeFileSync(path, JSON.stringify({ swarms: { [hash]: { completed: 3, bytes: 7 } } }))
  const swarms = newSwarms()
  expect(new StateFile(path).load(swarms, log)).toBe(true)
  expect(swarms.counts(HASH)).toEqual({ complete: 0, incomplete: 0, downloaded: 3 })
  const peers = [{ compact: 'c0000201', id: hash, seed: true, downloaded: 0, seenAt: 1_800_000_000 }]
  writeFileSync(path, JSON.stringify({ swarms: { [hash]: { completed: 3, bytes: 7, peers } } }))
  expect(new StateFile(path).load(newSwarms(), log)).toBe(false)
})
