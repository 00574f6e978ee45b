import { expect, test, vi } from 'vitest'
import type { CachedShareStatus } from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { AskQuota } from '../../../server/seeder/ask-quota.ts'

const GONE: CachedShareStatus = {
  offered: true,
  asked: false,
  kept: 'no',
  have: 0,
  checkedAt: null,
  problem: null,
}

function open({ enabled = true } = {}) {
  const quota = new AskQuota({ enabled, bytesMax: 1_000 })
  const states = new Map<string, CachedShareStatus>()
  const take = (address: string, name: string) => {
    quota.take(address, name as InfoHash, infoHash => states.get(infoHash) ?? GONE)
    states.set(name, { ...GONE, asked: true })
  }
  const has = (name: string, have: number, kept: CachedShareStatus['kept'] = 'yes') =>
    states.set(name, { ...GONE, asked: true, kept, have })
  return { take, has, states }
}

test('one address has 16 asks under way; what is whole, dropped or ten minutes old counts no more', () => {
  vi.useFakeTimers()
  try {
    const { has, states, take } = open()
    for (let at = 0; at < 16; at += 1) take('a', `share ${at}`)
    expect(() => take('a', 'one more')).toThrow('seeder_full')
    take('b', 'of another')
    // The same one again takes nothing.
    take('a', 'share 3')
    has('share 0', 10)
    take('a', 'instead of a whole one')
    states.delete('share 1')
    take('a', 'instead of a dropped one')
    expect(() => take('a', 'one more')).toThrow('seeder_full')
    vi.advanceTimersByTime(10 * 60_000)
    take('a', 'one more')
  } finally {
    vi.useRealTimers()
  }
})

test('the bytes of an address are limited', () => {
  const { has, take } = open()
  take('a', 'large')
  has('large', 999)
  take('a', 'small')
  has('small', 1)
  expect(() => take('a', 'more')).toThrow('seeder_full')
  take('b', 'more')
})

test('without limits nothing is refused', () => {
  const { take } = open({ enabled: false })
  for (let at = 0; at < 100; at += 1) take('a', `share ${at}`)
})
