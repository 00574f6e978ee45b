import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeJournal,
  decodeNewest,
  encodeEntry,
  encodeSlot,
  slotOffset,
} from '../../../lib/storage/disk/checkpoint.ts'

/** A checkpoint file after these saves, one after the other. */
async function fileAfter(saves: readonly Uint8Array<ArrayBuffer>[], pieceCount: number) {
  const file = new Uint8Array(slotOffset(1, pieceCount) * 2)
  for (const [at, have] of saves.entries()) {
    file.set(await encodeSlot({ sequence: at + 1, have }), slotOffset(at + 1, pieceCount))
  }
  return file
}

const saves = fc.integer({ min: 1, max: 100 }).chain(pieceCount => {
  const length = Math.ceil(pieceCount / 8)
  const have = fc.uint8Array({ minLength: length, maxLength: length }).map(bytes => new Uint8Array(bytes))
  return fc.record({ pieceCount: fc.constant(pieceCount), saves: fc.array(have, { maxLength: 5 }) })
})

describe('checkpoint', () => {
  it('is the newest one that was saved', async () => {
    await fc.assert(
      fc.asyncProperty(saves, async ({ pieceCount, saves }) => {
        const newest = await decodeNewest(await fileAfter(saves, pieceCount), pieceCount)
        expect(newest?.have ?? null).toEqual(saves.at(-1) ?? null)
        expect(newest?.sequence ?? 0).toBe(saves.length)
      }),
    )
  })

  it('is the one before when the newest is damaged anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(saves, fc.nat(), fc.integer({ min: 1, max: 255 }), async (model, place, flip) => {
        const { pieceCount, saves } = model
        fc.pre(saves.length > 0)
        const file = await fileAfter(saves, pieceCount)
        const size = slotOffset(1, pieceCount)
        const at = slotOffset(saves.length, pieceCount) + (place % size)
        file[at] = (file[at] ?? 0) ^ flip
        const newest = await decodeNewest(file, pieceCount)
        expect(newest?.have ?? null).toEqual(saves.at(-2) ?? null)
      }),
    )
  })

  it('is null for a file of anything else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 600 }),
        async (bytes, n) => {
          expect(await decodeNewest(new Uint8Array(bytes), n)).toBeNull()
        },
      ),
    )
  })
})

describe('journal', () => {
  it('names what was written, without an incomplete last entry and pieces that do not exist', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(300)),
        fc.nat(3),
        fc.integer({ min: 1, max: 300 }),
        (pieces, torn, count) => {
          const bytes = [...pieces.flatMap(piece => [...encodeEntry(piece)]), ...new Array(torn).fill(0)]
          const expected = new Set(pieces.filter(piece => piece < count))
          expect(decodeJournal(new Uint8Array(bytes), count)).toEqual([...expected])
        },
      ),
    )
  })
})
