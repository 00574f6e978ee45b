import { expect, test, vi } from 'vitest'
import { Restorations } from '../../../lib/browser/publications/restorations.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'

const [ONE, OTHER] = ['1'.repeat(40), '2'.repeat(40)] as [InfoHash, InfoHash]

test('a new attempt ends the one before, of the same share only', () => {
  const restorations = new Restorations()
  const first = restorations.begin(ONE)
  const other = restorations.begin(OTHER)
  const second = restorations.begin(ONE)
  expect([first.aborted, second.aborted, other.aborted]).toEqual([true, false, false])
  restorations.abort(ONE)
  expect(second.aborted).toBe(true)
})

test('an attempt that has settled is no longer ended, and does not settle its successor', () => {
  const restorations = new Restorations()
  const first = restorations.begin(ONE)
  const second = restorations.begin(ONE)
  restorations.settle(ONE, first)
  restorations.abort(ONE)
  expect(second.aborted).toBe(true)
  const third = restorations.begin(ONE)
  restorations.settle(ONE, third)
  restorations.abort(ONE)
  expect(third.aborted).toBe(false)
})

test('changes are reported until the listener unsubscribes', () => {
  const restorations = new Restorations()
  const listener = vi.fn()
  const unsubscribe = restorations.subscribe(listener)
  restorations.set(ONE, { state: 'needs-permission' })
  expect(restorations.get(ONE)).toEqual({ state: 'needs-permission' })
  expect(restorations.get(OTHER)).toBeUndefined()
  unsubscribe()
  restorations.set(ONE, undefined)
  expect(restorations.get(ONE)).toBeUndefined()
  expect(listener).toHaveBeenCalledTimes(1)
})
