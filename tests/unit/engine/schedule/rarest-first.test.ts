import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RarestFirst } from '../../../../lib/engine/schedule/rarest-first.ts'

const PIECE = 1024 * 1024

const swarm = fc
  .array(fc.record({ open: fc.boolean(), peers: fc.nat({ max: 5 }), accepted: fc.boolean() }), {
    maxLength: 60,
  })
  .map(list => ({
    list,
    state: {
      isOpen: (index: number) => list[index]?.open ?? false,
      availability: list.map(entry => entry.peers),
    },
    accepts: (index: number) => list[index]?.accepted ?? false,
  }))

describe('RarestFirst', () => {
  it('draws the rarest open piece that is accepted, whenever there is one', () => {
    fc.assert(
      fc.property(swarm, ({ list, state, accepts }) => {
        const drawn = new RarestFirst(list.length, PIECE, state).draw(accepts, 0)
        const candidates = list.filter(({ open, accepted }) => open && accepted)
        if (candidates.length === 0) {
          expect(drawn).toBe(-1)
          return
        }
        expect(list[drawn]).toMatchObject({ open: true, accepted: true })
        expect(list[drawn]?.peers).toBe(Math.min(...candidates.map(({ peers }) => peers)))
      }),
    )
  })

  it('draws ties in another order for each reader', () => {
    const state = { isOpen: () => true, availability: new Array<number>(1000).fill(1) }
    const draw = () => new RarestFirst(1000, PIECE, state).draw(() => true, 0)
    expect(new Set(Array.from({ length: 20 }, draw)).size).toBeGreaterThan(5)
  })

  it('skips closed pieces at once, and finds new ones after a refresh', () => {
    const open = new Set([0])
    const picker = new RarestFirst(2, PIECE, { isOpen: index => open.has(index), availability: [1, 1] })
    expect(picker.draw(() => true, 0)).toBe(0)
    open.clear()
    expect(picker.draw(() => true, 1)).toBe(-1)
    open.add(1)
    picker.refresh()
    expect(picker.draw(() => true, 2)).toBe(1)
  })

  it('draws small pieces in runs of a mebibyte', () => {
    const open = new Set(Array.from({ length: 100 }, (_, index) => index))
    const state = { isOpen: (index: number) => open.has(index), availability: new Array<number>(100).fill(1) }
    const picker = new RarestFirst(100, PIECE / 4, state)
    const drawn = Array.from({ length: 100 }, () => {
      const piece = picker.draw(() => true, 0)
      open.delete(piece)
      return piece
    })
    expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index))
    for (let at = 0; at < 100; at += 4) {
      const first = drawn[at] ?? 0
      expect(first % 4).toBe(0)
      expect(drawn.slice(at, at + 4)).toEqual([first, first + 1, first + 2, first + 3])
    }
  })
})
