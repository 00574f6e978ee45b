import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatCopies,
  formatCount,
  formatPercent,
  formatRate,
  roundDuration,
} from '../../../lib/base/format.ts'

/** The formatter keeps numbers and units together with a no-break space; the tests read better without. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1536, '1.54 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [18_200_000_000, '18.2 GB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
  ])('%d bytes are %s', (bytes, shown) => {
    expect(plain(formatBytes(bytes, 'en'))).toBe(shown)
  })

  test('follow the language', () => {
    expect(plain(formatBytes(18_200_000_000, 'de'))).toBe('18,2 GB')
  })

  test('rates keep their digits', () => {
    expect(plain(formatRate(2_000_000, 'en'))).toBe('2.0 MB/s')
    expect(plain(formatRate(12_300_000, 'en'))).toBe('12 MB/s')
    expect(plain(formatRate(12, 'en'))).toBe('12 B/s')
  })
})

describe('shares of a whole', () => {
  test('percent and copies are complete only when nothing is missing', () => {
    expect(plain(formatPercent(0.9999, 'en'))).toBe('99 %')
    expect(plain(formatPercent(1, 'en'))).toBe('100 %')
    expect(formatCopies(0.999, 'en')).toBe('0.9')
    expect(formatCopies(1.45, 'de')).toBe('1,4')
  })

  test('counts have separators', () => {
    expect(formatCount(21_400, 'en')).toBe('21,400')
    expect(formatCount(21_400, 'de')).toBe('21.400')
  })
})

describe('durations', () => {
  test.each([
    [3, { unit: 'moment', value: 0 }],
    [33, { unit: 'second', value: 35 }],
    [55, { unit: 'minute', value: 1 }],
    [250, { unit: 'minute', value: 4 }],
    [3599, { unit: 'hour', value: 1 }],
    [86_400, { unit: 'hour', value: 24 }],
    [200_000, { unit: 'day', value: 2 }],
  ])('%d s', (seconds, rounded) => {
    expect(roundDuration(seconds)).toEqual(rounded)
  })

  test('are not guessed', () => {
    for (const seconds of [null, Number.NaN, Number.POSITIVE_INFINITY, -1, 1e9]) {
      expect(roundDuration(seconds)).toBeNull()
    }
  })
})

test('no number, however odd, is shown as NaN, infinite or negative', () => {
  const show = [formatBytes, formatRate, formatCount, formatPercent, formatCopies]
  fc.assert(
    fc.property(fc.double(), fc.constantFrom(...show), (value, format) => {
      const text = format(value, 'en')
      expect(text).not.toMatch(/NaN|∞|Infinity/)
      if (format !== formatCount) expect(text).not.toMatch(/-/)
    }),
  )
})

test('amounts are written as each language writes them, and keep their order in Arabic', () => {
  expect(formatBytes(18_240_000_000, 'fr')).toBe('18,2\u00a0Go')
  expect(formatBytes(2_500, 'es')).toBe('2,5\u00a0kB')
  expect(formatBytes(2_500, 'ja')).toBe('2.5\u00a0kB')
  expect(formatRate(2_500, 'ar')).toBe('\u20662.5\u00a0kB/s\u2069')
})
