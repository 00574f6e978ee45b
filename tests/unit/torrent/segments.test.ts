import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segmentsOf } from '../../../lib/torrent/segments.ts'

/** Files laid one after the other, and a range that may go past their end. */
const layouts = fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }).chain(lengths => {
  const total = lengths.reduce((sum, length) => sum + length, 0)
  let offset = 0
  const files = lengths.map(length => {
    const file = { offset, length }
    offset += length
    return file
  })
  return fc.record({ files: fc.constant(files), start: fc.nat(total), length: fc.nat(total + 5) })
})

describe('segmentsOf', () => {
  it('names each byte of the range once, in order, where it lies in its file', () => {
    fc.assert(
      fc.property(layouts, ({ files, length, start }) => {
        const expected = files.flatMap(({ length, offset }, file) =>
          Array.from({ length }, (_, at) => ({ file, at, range: offset + at - start })),
        )
        const named = segmentsOf(files, start, start + length).flatMap(segment =>
          Array.from({ length: segment.length }, (_, n) => ({
            file: segment.file,
            at: segment.fileOffset + n,
            range: segment.rangeOffset + n,
          })),
        )
        expect(named).toEqual(expected.filter(({ range }) => range >= 0 && range < length))
      }),
    )
  })
})
