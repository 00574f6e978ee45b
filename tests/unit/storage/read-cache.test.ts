import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReadCache } from '../../../lib/storage/read-cache.ts'

const MiB = 1024 * 1024

describe('ReadCache', () => {
  it('gives the bytes that were asked for, and reads across no boundary', async () => {
    const source = Uint8Array.from({ length: 5 * MiB }, (_, at) => (at * 7 + (at >> 8)) & 0xff)
    const boundaries = fc.constantFrom(8192, 16_384, 786_432, 1_000_000, MiB, 1_500_001, 2 * MiB)
    const ranges = fc.array(fc.tuple(fc.nat(source.length - 1), fc.integer({ min: 1, max: 40_000 })), {
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(boundaries, ranges, async (boundary, asked) => {
        const cache = new ReadCache(
          async (start, end) => {
            expect(Math.floor(start / boundary)).toBe(Math.floor((end - 1) / boundary))
            expect(end).toBeLessThanOrEqual(source.length)
            return source.slice(start, end)
          },
          source.length,
          boundary,
          2 * MiB,
        )
        for (const [start, length] of asked) {
          const end = Math.min(source.length, start + length)
          expect(Buffer.compare(await cache.read(start, end), source.subarray(start, end))).toBe(0)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('reads a window once for all who ask for it', async () => {
    let reads = 0
    const cache = new ReadCache(
      async (start, end) => {
        reads++
        return new Uint8Array(end - start)
      },
      4 * MiB,
      1_500_000,
    )
    await Promise.all([cache.read(0, 10), cache.read(16_384, 32_768), cache.read(MiB - 1, MiB)])
    expect(reads).toBe(1)
    await cache.read(1_499_999, 1_500_001)
    expect(reads).toBe(3)
  })
})
