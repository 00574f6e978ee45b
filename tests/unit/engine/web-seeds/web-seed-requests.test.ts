import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PieceAssembler } from '../../../../lib/engine/web-seeds/piece-assembler.ts'
import { planRequests } from '../../../../lib/engine/web-seeds/web-seed-requests.ts'
import { engineContent } from '../../../support/content/engine-content.ts'
import { noise } from '../../../support/content/fixtures.ts'

const PIECE = 16 * 1024

const file = fc.record({
  length: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(3 * PIECE)),
  padding: fc.boolean(),
})

const content = fc
  .array(file, { minLength: 1, maxLength: 12 })
  .filter(files => files.some(({ length }) => length > 0))
  .map(files =>
    engineContent(
      'name',
      files.map(({ length, padding }, index) => ({
        path: `${index}`,
        bytes: padding ? new Uint8Array(length) : noise(length, index + 1),
        padding,
      })),
      PIECE,
    ),
  )

describe('planRequests', () => {
  it('covers exactly the bytes of a run of pieces, in order, except padding', () => {
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(), ({ bytes, metainfo, served }, from, most) => {
        const first = from % metainfo.pieceCount
        const count = 1 + (most % (metainfo.pieceCount - first))
        const end = Math.min((first + count) * PIECE, metainfo.length)
        const pieces: Uint8Array[] = []
        const run = new PieceAssembler(metainfo, first, (index, piece) => {
          expect(index).toBe(first + pieces.length)
          pieces.push(piece)
        })
        for (const { fileLength, from, length, start, url } of planRequests(
          metainfo,
          'http://host/',
          first * PIECE,
          end,
        )) {
          const file = served[decodeURIComponent(new URL(url).pathname.slice(1))]
          expect(file?.length).toBe(fileLength)
          expect(length).toBeGreaterThan(0)
          expect(from + length).toBeLessThanOrEqual(fileLength)
          run.skipTo(start)
          expect(run.at).toBe(start)
          run.put(file?.subarray(from, from + length) ?? new Uint8Array())
        }
        run.skipTo(end)
        expect(run.at).toBe(end)
        expect(Buffer.compare(Buffer.concat(pieces), bytes.subarray(first * PIECE, end))).toBe(0)
      }),
    )
  })
})
