import { expect, test } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { createLog } from '../../../server/base/log.ts'
import type { CacheEntry } from '../../../server/seeder/process/cache-records.ts'
import { UnlistedShares } from '../../../server/seeder/process/unlisted.ts'
import { torrentNamed } from '../../support/content/shares.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** Cached shares of these names, what was done with them, and a clock. */
async function cachedShares(...names: readonly string[]) {
  const cached = new Map<InfoHash, CacheEntry>()
  const hashes: InfoHash[] = []
  for (const name of names) {
    const torrent = torrentNamed(name)
    const metainfo = await parseMetainfo(torrent)
    const { infoHash, length } = metainfo
    const times = { keptSince: 0, usedAt: 0, uploaded: 0, checkedAt: null, pinned: false, unlistedMs: null }
    cached.set(infoHash, { torrent, metainfo, record: { infoHash, length, ...times } })
    hashes.push(infoHash)
  }
  const done: string[] = []
  const lines: string[] = []
  let saidBefore = 0
  const nameOf = (infoHash: InfoHash) => names[hashes.indexOf(infoHash)]
  const clock = { now: 0 }
  const unlisted = new UnlistedShares({
    cached,
    change: async (entry, change) => {
      const changed = { ...entry, record: { ...entry.record, ...change } }
      cached.set(entry.record.infoHash, changed)
      return changed
    },
    join: async ({ record }) => void done.push(`join ${nameOf(record.infoHash)}`),
    leave: async infoHash => {
      done.push(`leave ${nameOf(infoHash)}`)
      saidBefore = lines.length
    },
    drop: async infoHash => {
      done.push(`drop ${nameOf(infoHash)}`)
      cached.delete(infoHash)
    },
    log: createLog('info', line => lines.push(line)),
    now: () => clock.now,
  })
  /** Housekeeping once a minute, for so long. */
  const pass = async (ms: number) => {
    for (const end = clock.now + ms; clock.now < end; ) {
      clock.now += MINUTE_MS
      await unlisted.keepHouse()
    }
  }
  return {
    ...{ unlisted, done, lines, pass, clock },
    hashes: hashes as [InfoHash, InfoHash],
    /** Lines of the log at the last `leave`. */
    saidBefore: () => saidBefore,
  }
}

test('what the server does not list is set aside, said in the log, and deleted after a day', async () => {
  const { done, hashes, lines, pass, unlisted } = await cachedShares('listed', 'lost')
  await unlisted.retain(new Set([hashes[0]]))
  expect(done.splice(0)).toEqual(['leave lost'])
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 40,
    shares: 1,
    bytes: 100,
    infoHashes: [hashes[1]],
  })

  await unlisted.retain(new Set([hashes[0]]))
  await pass(24 * HOUR_MS - MINUTE_MS)
  expect([done, lines.length]).toEqual([[], 1])
  await pass(MINUTE_MS)
  expect(done).toEqual(['drop lost'])
  expect(lines[1]).toContain('24 hours')
})

test('a stop while swarms are left does not keep the operator from reading of it', async () => {
  const { hashes, saidBefore, unlisted } = await cachedShares('listed', 'lost')
  await unlisted.retain(new Set([hashes[0]]))
  expect(saidBefore()).toBe(1)
})

test('what the server lists again in time is seeded again, and its day begins anew', async () => {
  const { done, hashes, pass, unlisted } = await cachedShares('one', 'two')
  await unlisted.retain(new Set())
  await pass(23 * HOUR_MS)
  await unlisted.retain(new Set(hashes))
  expect(done.splice(0)).toEqual(['leave one', 'leave two', 'join one', 'join two'])
  await unlisted.retain(new Set())
  await pass(23 * HOUR_MS)
  expect(done).toEqual(['leave one', 'leave two'])
})

test('a machine that slept for days deletes nothing when it wakes', async () => {
  const { clock, done, unlisted } = await cachedShares('one')
  await unlisted.retain(new Set())
  clock.now += 72 * HOUR_MS
  await unlisted.keepHouse()
  expect(done).toEqual(['leave one'])
})
