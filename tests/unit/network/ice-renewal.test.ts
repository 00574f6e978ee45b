import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hasRelay, iceServersOf, keepIceFresh } from '../../../lib/network/ice.ts'
import type { IceConfig } from '../../../lib/protocol/share.ts'
import { iceServersForNode } from '../../../server/node-engine/client-options.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const ice = (username: string, validFor: number | null = 600): IceConfig => ({
  iceServers: [{ urls: ['turn:turn.example'], username, credential: 'a+/b=' }],
  expiresAt: null,
  validFor,
  connect: 'direct',
  webSeedUse: 'first',
})

test('TURN credentials are renewed before they end, again and again, until it is stopped', async () => {
  let round = 0
  const fetch = vi.fn(async () => ice(String(++round)))
  const apply = vi.fn()
  const stop = keepIceFresh(ice('0'), fetch, apply)
  await vi.advanceTimersByTimeAsync(599_000)
  expect(apply).toHaveBeenLastCalledWith(iceServersOf(ice('1')))
  await vi.advanceTimersByTimeAsync(600_000)
  expect(apply).toHaveBeenLastCalledWith(iceServersOf(ice('2')))
  stop()
  await vi.advanceTimersByTimeAsync(6_000_000)
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('a server that does not answer is asked again soon', async () => {
  const fetch = vi.fn<() => Promise<IceConfig>>().mockRejectedValueOnce(new Error('away'))
  fetch.mockResolvedValue(ice('late'))
  const apply = vi.fn()
  keepIceFresh(ice('0'), fetch, apply)
  await vi.advanceTimersByTimeAsync(420_000)
  expect(apply).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(apply).toHaveBeenCalledWith(iceServersOf(ice('late')))
})

test('what does not end is not asked for again', async () => {
  const fetch = vi.fn(async () => ice('x'))
  keepIceFresh(ice('0', null), fetch, () => undefined)
  await vi.advanceTimersByTimeAsync(1e9)
  expect(fetch).not.toHaveBeenCalled()
})

test('a relay is told from a STUN server', () => {
  expect(hasRelay([{ urls: 'stun:a' }, { urls: ['stun:b', 'turns:c'] }])).toBe(true)
  expect(hasRelay([{ urls: ['stun:a', 'stuns:b'] }])).toBe(false)
})

test('for Node, whose WebRTC takes them inside a URL, credentials are escaped', () => {
  expect(iceServersForNode(iceServersOf(ice('1:me')))).toEqual([
    { urls: ['turn:turn.example'], username: '1%3Ame', credential: 'a%2B%2Fb%3D' },
  ])
})
