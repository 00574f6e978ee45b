import { expect, test, vi } from 'vitest'
import { ByteRoom } from '../../../server/base/byte-room.ts'

const QUICK = { isSlow: () => false, end: () => {} }

test('an address gets its share, all of them the total, and room that is freed is free once', () => {
  const room = new ByteRoom({ total: 100, perAddress: 40 })
  const free = room.take('a', 30, QUICK)
  expect(room.take('a', 11, QUICK)).toBeNull()
  expect(room.take('b', 40, QUICK)).not.toBeNull()
  expect(room.take('c', 31, QUICK)).toBeNull()
  expect(room.take('c', 30, QUICK)).not.toBeNull()
  expect(room.take('d', 1, QUICK)).toBeNull()
  free?.()
  free?.()
  expect(room.take('d', 30, QUICK)).not.toBeNull()
  expect(room.take('e', 1, QUICK)).toBeNull()
})

test('who is slow makes room when there is none, its own address first', () => {
  const room = new ByteRoom({ total: 100, perAddress: 40 })
  const end = vi.fn()
  const slow = { isSlow: () => true, end }
  room.take('other', 40, slow)
  room.take('a', 40, QUICK)
  // There is room for others, so nobody else has to go for this one.
  expect(room.take('c', 20, QUICK)).not.toBeNull()
  expect(room.take('a', 10, QUICK)).toBeNull()
  expect(end).toHaveBeenCalledTimes(1)
  expect(room.take('c', 20, QUICK)).not.toBeNull()
})
