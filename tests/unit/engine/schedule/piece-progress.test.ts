import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, type BlockRun, PieceProgress } from '../../../../lib/engine/schedule/piece-progress.ts'

const LENGTH = 9 * BLOCK_BYTES + 77
const content = Uint8Array.from({ length: LENGTH }, (_, at) => (at * 31) & 255)
const sent = ({ offset, length }: BlockRun) => content.slice(offset, offset + length)

describe('PieceProgress', () => {
  it('reserves every block once, in runs no longer than the peer accepts', () => {
    const progress = new PieceProgress<string>(0, LENGTH)
    const runs: BlockRun[] = []
    for (let run = progress.reserve(4 * BLOCK_BYTES); run; run = progress.reserve(4 * BLOCK_BYTES))
      runs.push(run)
    expect(runs).toEqual([
      { offset: 0, length: 4 * BLOCK_BYTES },
      { offset: 4 * BLOCK_BYTES, length: 4 * BLOCK_BYTES },
      { offset: 8 * BLOCK_BYTES, length: BLOCK_BYTES + 77 },
    ])
    expect(progress.hasFree).toBe(false)
  })

  it('is complete and correct whatever is reserved, released, sent twice or sent in another order', () => {
    const step = fc.record({
      blocks: fc.integer({ min: 1, max: 8 }),
      fate: fc.constantFrom('send', 'give back', 'send twice', 'send later'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const progress = new PieceProgress<string>(0, LENGTH)
        const later: BlockRun[] = []
        for (const { blocks, fate } of steps) {
          const run = progress.reserve(blocks * BLOCK_BYTES)
          if (!run) break
          if (fate === 'give back') progress.release(run)
          else if (fate === 'send later') later.push(run)
          else progress.put(run.offset, sent(run), 'a')
          if (fate === 'send twice') progress.put(run.offset, sent(run), 'b')
        }
        for (const run of later) progress.put(run.offset, sent(run), 'c')
        for (let run = progress.reserve(LENGTH); run; run = progress.reserve(LENGTH)) {
          progress.put(run.offset, sent(run), 'd')
        }
        expect(progress.complete).toBe(true)
        expect(progress.takeBytes()).toEqual(content)
        expect(progress.sources.has('b')).toBe(false)
      }),
    )
  })

  it('does not free blocks that arrived from another peer', () => {
    const progress = new PieceProgress<string>(0, 2 * BLOCK_BYTES)
    const run = progress.reserve(2 * BLOCK_BYTES)
    if (!run) throw new Error('nothing to reserve')
    progress.put(0, content.slice(0, BLOCK_BYTES), 'a')
    progress.release(run)
    expect(progress.reserve(LENGTH)).toEqual({ offset: BLOCK_BYTES, length: BLOCK_BYTES })
    expect(progress.covers({ offset: 0, length: BLOCK_BYTES })).toBe(true)
    expect(progress.covers(run)).toBe(false)
  })
})
