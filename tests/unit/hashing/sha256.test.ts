import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Sha256 } from '../../../lib/hashing/sha256.ts'
import { noise } from '../../support/content/fixtures.ts'

test('is what Node computes, of every length around a block and however it is divided', () => {
  for (const length of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_003]) {
    const bytes = noise(length, length + 1)
    for (const step of [length || 1, 1000, 61]) {
      const hash = new Sha256()
      for (let at = 0; at < length; at += step) hash.update(bytes.subarray(at, at + step))
      expect(hash.digest(), `${length} by ${step}`).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
  }
})
