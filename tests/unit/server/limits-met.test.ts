import { expect, test } from 'vitest'
import { createLog } from '../../../server/base/log.ts'
import { LimitsMet } from '../../../server/http/limits/limits-met.ts'

test('counts what was met in the last hour, and says it once in ten minutes', () => {
  const lines: string[] = []
  const limits = new LimitsMet(createLog('info', line => lines.push(line)))
  for (let count = 0; count < 3; count += 1) limits.note('a', 100)
  limits.note('b', 101)
  expect(limits.lastHour(101)).toEqual([
    { limit: 'a', count: 3 },
    { limit: 'b', count: 1 },
  ])
  expect(lines).toHaveLength(2)
  limits.note('a', 109)
  expect(lines).toHaveLength(2)
  limits.note('a', 110)
  expect(lines).toHaveLength(3)
  expect(limits.lastHour(159)).toContainEqual({ limit: 'a', count: 5 })
  expect(limits.lastHour(160)).toEqual([
    { limit: 'a', count: 2 },
    { limit: 'b', count: 1 },
  ])
  expect(limits.lastHour(170)).toEqual([])
  limits.note('b', 10_000)
  expect(limits.lastHour(10_000)).toEqual([{ limit: 'b', count: 1 }])
})
