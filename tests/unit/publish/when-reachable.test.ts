import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whenReachable } from '../../../lib/api/when-reachable.ts'
import { AppError } from '../../../lib/base/errors.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const failing = (times: number, error: AppError) => {
  let left = times
  return vi.fn(async () => {
    if (left-- > 0) throw error
    return 'done'
  })
}
const away = new AppError('server_unreachable')

test('tries again until the server is there, and says when it went and came', async () => {
  const task = failing(3, away)
  const onAway = vi.fn()
  const result = whenReachable(task, { signal: new AbortController().signal, onAway })
  await vi.advanceTimersByTimeAsync(60_000)
  await expect(result).resolves.toBe('done')
  expect(task).toHaveBeenCalledTimes(4)
  expect(onAway.mock.calls).toEqual([[true], [true], [true], [false]])
})

test.each([
  new AppError('share_blocked'),
  new AppError('server_unreachable', 'HTTP 413'),
  new AppError('metainfo_too_large'),
])('does not try again what would fail again: %s', async error => {
  const task = failing(1, error)
  const given = whenReachable(task, { signal: new AbortController().signal, onAway: vi.fn() })
  await expect(given).rejects.toBe(error)
  expect(task).toHaveBeenCalledTimes(1)
})

test('a restart and an answer without words count as away', async () => {
  for (const error of [new AppError('server_stopping'), new AppError('server_unreachable', 'HTTP 502')]) {
    const given = whenReachable(failing(1, error), { signal: new AbortController().signal, onAway() {} })
    await vi.advanceTimersByTimeAsync(2_000)
    await expect(given).resolves.toBe('done')
  }
})

test('ends at once when it is cancelled', async () => {
  const abort = new AbortController()
  const given = whenReachable(failing(99, away), { signal: abort.signal, onAway() {} })
  await vi.advanceTimersByTimeAsync(100)
  const rejected = expect(given).rejects.toMatchObject({ code: 'cancelled' })
  abort.abort()
  await vi.advanceTimersByTimeAsync(0)
  await rejected
})
