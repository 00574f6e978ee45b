import { expect, test } from 'vitest'
import { formatAgo, formatMoment } from '../../../lib/i18n/moments.ts'

const MINUTE = 60_000

test.each([
  [0, null],
  [59_999, null],
  [Number.NaN, null],
  [-MINUTE, null],
  [MINUTE, '1 minute ago'],
  [59 * MINUTE, '59 minutes ago'],
  [119 * MINUTE, '1 hour ago'],
  [120 * MINUTE, '2 hours ago'],
  [25 * 60 * MINUTE, 'yesterday'],
  [72 * 60 * MINUTE, '3 days ago'],
])('%d ms are %s', (milliseconds, text) => {
  expect(formatAgo(milliseconds, 'en')).toBe(text)
})

test('a moment of today is its time, another has its day', () => {
  const now = new Date(2026, 10, 29, 23, 0)
  expect(formatMoment(new Date(2026, 10, 29, 14, 2).getTime(), now, 'en-GB')).toBe('14:02')
  expect(formatMoment(new Date(2026, 10, 28, 14, 2).getTime(), now, 'de')).toBe('28. November um 14:02')
})
