import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Access } from '../../../server/tracker/access.ts'
import { Counters } from '../../../server/tracker/counters.ts'
import { StateFile } from '../../../server/tracker/state-file.ts'
import { Swarms } from '../../../server/tracker/swarms/swarms.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

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
  swarms.announceClassic(HASH, ID, compact, { event: undefined, seed: left === 0, downloaded })

/** The swarms of the next run, which starts `later` milliseconds after this one saved. */
async function restarted(swarms: Swarms, later: number, access?: Access): Promise<Swarms> {
  await new StateFile(path).save(swarms)
  vi.setSystemTime(Date.now() + later)
  const next = newSwarms(access)
  expect(new StateFile(path).load(next)).toBe(true)
  return next
}

test('classic peers of both families come back as what they were', async () => {
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

test('who should have announced again by then does not, nor does who is not tracked any more', async () => {
  const swarms = newSwarms()
  announce(swarms, V4)
  expect((await restarted(swarms, 26 * MINUTE)).size).toBe(0)
  announce(swarms, V4)
  expect((await restarted(swarms, MINUTE, new Access('closed'))).size).toBe(0)
})

test('bytes fetched meanwhile count, and those of before not again', async () => {
  const swarms = newSwarms()
  announce(swarms, V4, 1000)
  const next = await restarted(swarms, MINUTE)
  announce(next, V4, 1500)
  expect(next.totals().get(HASH)?.bytes).toBe(500)
})

test('claims that are no number of bytes do not cost the file', async () => {
  const swarms = newSwarms()
  announce(swarms, V4, 2 ** 64)
  expect((await restarted(swarms, MINUTE)).find(HASH)?.classic.size).toBe(1)
})

test('a clock that was set back keeps nobody for longer', async () => {
  const swarms = newSwarms()
  announce(swarms, V4)
  const next = await restarted(swarms, -5 * 60 * MINUTE)
  expect(next.find(HASH)?.classic.get(V4)?.seenAt).toBeLessThanOrEqual(performance.now())
})

test('a file of before, or of somebody else, is read as far as it makes sense', () => {
  const hash = Buffer.from(HASH).toString('hex')
  writeFileSync(path, JSON.stringify({ swarms: { [hash]: { completed: 3, bytes: 7 } } }))
  const swarms = newSwarms()
  expect(new StateFile(path).load(swarms)).toBe(true)
  expect(swarms.counts(HASH)).toEqual({ complete: 0, incomplete: 0, downloaded: 3 })
  const peers = [{ compact: 'c0000201', id: hash, seed: true, downloaded: 0, seenAt: 1_800_000_000 }]
  writeFileSync(path, JSON.stringify({ swarms: { [hash]: { completed: 3, bytes: 7, peers } } }))
  expect(new StateFile(path).load(newSwarms())).toBe(false)
})
