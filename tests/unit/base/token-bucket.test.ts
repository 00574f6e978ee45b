import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket, TokenBuckets } from '../../../lib/base/token-bucket.ts'

/** Bytes that pass in `seconds` when blocks of `block` bytes are sent whenever the bucket lets one pass. */
function passed(
  limit: { wait(now: number): number; take(bytes: number): void },
  block: number,
  seconds: number,
) {
  let now = 1000
  let bytes = 0
  for (const end = now + 1000 * seconds; now < end; ) {
    const wait = limit.wait(now)
    if (wait > 0) {
      now += wait
      continue
    }
    limit.take(block)
    bytes += block
    now += 0.001
  }
  return bytes
}

describe('TokenBucket', () => {
  it('lets the rate pass, within a block and a second of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 50_000_000 }),
        fc.constantFrom(16_384, 131_072),
        (rate, block) => {
          const bucket = new TokenBucket()
          bucket.setRate(rate)
          const bytes = passed(bucket, block, 20)
          expect(bytes).toBeGreaterThan(19 * rate - 2 * block)
          expect(bytes).toBeLessThan(21 * rate + 2 * block)
        },
      ),
      { numRuns: 20, examples: [[27_595, 131_072]] },
    )
  })

  it('lets everything pass without a limit', () => {
    const bucket = new TokenBucket()
    bucket.take(1e12)
    expect(bucket.wait(0)).toBe(0)
  })

  it('applies the stricter of two limits', () => {
    const [own, shared] = [new TokenBucket(), new TokenBucket()]
    own.setRate(1_000_000)
    shared.setRate(100_000)
    expect(passed(new TokenBuckets(own, shared), 16_384, 10)).toBeLessThan(11 * 100_000 + 2 * 16_384)
  })
})
