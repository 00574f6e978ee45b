import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../../../server/base/log.ts'
import { Balancer, type BalancerStore } from '../../../../server/seeder/placement/balancer.ts'
import { CopyTable } from '../../../../server/seeder/placement/copy-table.ts'
import type { SeederRecord } from '../../../../server/shares/copies/copy-store.ts'

const identity = { id: 'one', name: 'One', zone: '', url: 'https://files.test', insideUrl: '' }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A database that two servers have in common. */
function commonStore(): BalancerStore {
  const seeders = new Map<string, SeederRecord>()
  return {
    seeders: async () => [...seeders.values()],
    putSeeder: async seeder => {
      seeders.set(seeder.id, seeder)
    },
    leaveSeeder: async (id, seenAt) => {
      const seeder = seeders.get(id)
      if (seeder?.seenAt.getTime() === seenAt.getTime()) seeders.set(id, { ...seeder, isHere: false })
    },
    forgetSeeders: async () => {},
  }
}

/** Two servers that look every ten seconds, and the seeder as each sees it. */
function twoServers() {
  const store = commonStore()
  const log = createLog('silent')
  let ms = 0
  const serve = () => {
    const linked: { identity: typeof identity; isAway: boolean; room: null }[] = []
    const balancer = new Balancer({
      ...{ store, log, copies: 2, table: CopyTable.empty(log), linked: () => linked },
      ...{ leads: () => false, lengthOf: async () => null, onChanged: () => {}, drop: () => {} },
      now: () => ms,
    })
    const isHere = () => balancer.seeders()[0]?.isHere ?? false
    return { balancer, linked, isHere }
  }
  const [first, second] = [serve(), serve()]
  const look = async (times = 1) => {
    for (let count = 0; count < times; count += 1) {
      ms += 10_000
      vi.setSystemTime(ms)
      await first.balancer.look()
      await second.balancer.look()
    }
  }
  return { first, second, look }
}

test('that a seeder comes and goes the other server knows at its next look', async () => {
  const { first, look, second } = twoServers()
  const seeder = { identity, isAway: false, room: null }
  first.linked.push(seeder)
  await look(8)
  expect([first.isHere(), second.isHere()]).toEqual([true, true])
  seeder.isAway = true
  await look()
  expect([first.isHere(), second.isHere()]).toEqual([false, false])
  seeder.isAway = false
  await look()
  expect([first.isHere(), second.isHere()]).toEqual([true, true])

  // Over to the other one, before the first has noticed.
  second.linked.push({ identity, isAway: false, room: null })
  await look()
  seeder.isAway = true
  await look(2)
  expect([first.isHere(), second.isHere()]).toEqual([true, true])
  await second.balancer.close()
  second.linked.pop()
  await look()
  expect([first.isHere(), second.isHere()]).toEqual([false, false])
  await first.balancer.close()
})
