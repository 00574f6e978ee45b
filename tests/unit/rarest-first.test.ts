import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MissingPiece, RarestFirst } from '../../lib/engine/webtorrent-picker.ts'

const BLOCK = 16 * 1024
const CHUNKS = 4

const piece = (reservations: number, cancellations: readonly number[] | null = null): MissingPiece => ({
  length: CHUNKS * BLOCK,
  missing: CHUNKS * BLOCK,
  _chunks: CHUNKS,
  _reservations: reservations,
  _cancellations: cancellations,
})

const anyPiece = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: CHUNKS }).map(reservations => piece(reservations)),
)
const swarm = fc
  .array(fc.record({ piece: anyPiece, peers: fc.nat({ max: 5 }), wanted: fc.boolean() }), { maxLength: 60 })
  .map(list => ({
    state: { pieces: list.map(entry => entry.piece), availability: list.map(entry => entry.peers) },
    accepts: (index: number) => list[index]?.wanted ?? false,
  }))

describe('RarestFirst', () => {
  it('draws a wanted missing piece whenever there is one, begun ones first, then the rarest', () => {
    fc.assert(
      fc.property(swarm, ({ state, accepts }) => {
        const drawn = new RarestFirst(state.pieces.length, () => state).draw(accepts, 0)
        const candidates = state.pieces.flatMap((missing, index) =>
          missing && accepts(index) ? [{ index, missing, peers: state.availability[index] ?? 0 }] : [],
        )
        const open = candidates.filter(({ missing }) => missing._reservations < CHUNKS)
        const begun = open.filter(({ missing }) => missing._reservations > 0)
        if (candidates.length === 0) expect(drawn).toBe(-1)
        else if (begun.length > 0) expect(begun.map(({ index }) => index)).toContain(drawn)
        else if (open.length > 0) {
          const rarest = Math.min(...open.map(({ peers }) => peers))
          expect(state.availability[drawn]).toBe(rarest)
          expect(open.map(({ index }) => index)).toContain(drawn)
        } else expect(candidates.map(({ index }) => index)).toContain(drawn)
      }),
    )
  })

  it('takes a block that somebody failed to send for open', () => {
    const pieces = [piece(CHUNKS), piece(CHUNKS, [2])]
    const picker = new RarestFirst(2, () => ({ pieces, availability: [1, 9] }))
    expect(picker.draw(() => true, 0)).toBe(1)
  })

  it('does not give a piece again that came in since it sorted, and follows availability later', () => {
    const pieces = [piece(0), piece(0), piece(0)] as (MissingPiece | null)[]
    const availability = [1, 2, 3]
    const picker = new RarestFirst(3, () => ({ pieces, availability }))
    expect(picker.draw(() => true, 0)).toBe(0)
    pieces[0] = null
    expect(picker.draw(() => true, 100)).toBe(1)
    availability[2] = 0
    expect(picker.draw(() => true, 200)).toBe(1)
    expect(picker.draw(() => true, 1000)).toBe(2)
  })

  it('breaks ties differently for different readers', () => {
    const pieces = Array.from({ length: 50 }, () => piece(0))
    const availability = pieces.map(() => 1)
    const firsts = Array.from({ length: 40 }, () =>
      new RarestFirst(50, () => ({ pieces, availability })).draw(() => true, 0),
    )
    expect(new Set(firsts).size).toBeGreaterThan(5)
  })
})
