import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  distributedCopies,
  hasPiece,
  PIECE_CELLS_MAX,
  pieceCells,
  piecesOf,
  setPiece,
} from '../../../lib/torrent/piece-map.ts'

/** A bitfield of `have`, and its padding bits. */
function bitfieldOf(have: readonly boolean[]): Uint8Array {
  const bitfield = new Uint8Array(Math.ceil(have.length / 8))
  have.forEach((had, index) => {
    if (had) setPiece(bitfield, index)
  })
  return bitfield
}

const pieces = fc.array(fc.boolean(), { minLength: 1, maxLength: 700 })

describe('bitfield', () => {
  test('has its high bit first (BEP 3)', () => {
    const bitfield = new Uint8Array(2)
    setPiece(bitfield, 0)
    setPiece(bitfield, 9)
    expect([...bitfield]).toEqual([0b1000_0000, 0b0100_0000])
  })

  test('remembers exactly the pieces set, and has none past its end', () => {
    fc.assert(
      fc.property(pieces, have => {
        const bitfield = bitfieldOf(have)
        expect(have.map((_, index) => hasPiece(bitfield, index))).toEqual(have)
        expect(hasPiece(bitfield, bitfield.length * 8)).toBe(false)
      }),
    )
  })
})

describe('ranges', () => {
  const content = fc.record({
    pieceLength: fc.integer({ min: 1, max: 16 }),
    pieceCount: fc.integer({ min: 1, max: 20 }),
    offset: fc.nat(400),
    length: fc.nat(400),
    lastPieceShorter: fc.nat(15),
  })

  test('agree with a walk over the bytes', () => {
    fc.assert(
      fc.property(content, ({ pieceLength, pieceCount, offset, length, lastPieceShorter }) => {
        const total = Math.max(0, pieceCount * pieceLength - Math.min(lastPieceShorter, pieceLength - 1))
        const start = Math.min(offset, total)
        const range = { offset: start, length: Math.min(length, total - start) }
        const owners = Array.from({ length: range.length }, (_, at) => Math.floor((start + at) / pieceLength))
        expect(piecesOf(range, pieceLength)).toEqual(
          owners.length === 0 ? null : { first: owners[0], last: owners.at(-1) },
        )
      }),
      { numRuns: 3000 },
    )
  })

  test('beyond 2^32 bytes', () => {
    const pieceLength = 8 * 1024 ** 2
    const range = { offset: 2 ** 40 + 1, length: 2 ** 33 }
    expect(piecesOf(range, pieceLength)).toEqual({ first: 2 ** 17, last: 2 ** 17 + 2 ** 10 })
  })
})

describe('distributedCopies', () => {
  test.each([
    [[], 0],
    [[0, 0], 0],
    [[1, 1, 1], 1],
    [[1, 2, 2, 1], 1.5],
    [[0, 5, 5, 5], 0.75],
    [[3, 2, 2, 2, 2], 2.2],
  ])('of %j is %d', (availability, copies) => {
    expect(distributedCopies(Uint16Array.from(availability))).toBeCloseTo(copies, 12)
  })

  test('agrees with its definition', () => {
    fc.assert(
      fc.property(fc.uint16Array({ minLength: 1, max: 4 }), availability => {
        const rarest = Math.min(...availability)
        const more = availability.filter(copies => copies > rarest).length
        expect(distributedCopies(availability)).toBeCloseTo(rarest + more / availability.length, 12)
      }),
    )
  })
})

describe('pieceCells', () => {
  test('agrees with a naive grouping', () => {
    fc.assert(
      fc.property(pieces, fc.uniqueArray(fc.nat(699), { maxLength: 10 }), (have, active) => {
        const count = Math.min(have.length, PIECE_CELLS_MAX)
        const naive = Array.from({ length: count }, (_, cell) => {
          const members = have
            .map((had, index) => ({ had, index }))
            .filter(({ index }) => index >= Math.floor((cell * have.length) / count))
            .filter(({ index }) => index < Math.floor(((cell + 1) * have.length) / count))
          if (members.some(({ had, index }) => !had && active.includes(index))) return 3
          if (members.every(({ had }) => had)) return 2
          return members.some(({ had }) => had) ? 1 : 0
        })
        expect(pieceCells(have.length, bitfieldOf(have), piece => active.includes(piece))).toEqual(naive)
      }),
      { numRuns: 200 },
    )
  })

  test('a complete share has full cells only, an empty one none', () => {
    const all = new Uint8Array(200).fill(0xff)
    expect(new Set(pieceCells(1001, all, () => true))).toEqual(new Set([2]))
    expect(pieceCells(1001, all, () => true)).toHaveLength(240)
    expect(pieceCells(0, all, () => true)).toEqual([])
  })

  test('asks only about pieces that exist and are missing', () => {
    const asked: number[] = []
    pieceCells(3, Uint8Array.of(0b0100_0000), piece => asked.push(piece) > 0)
    expect(asked).toEqual([0, 2])
  })
})
