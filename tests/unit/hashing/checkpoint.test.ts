import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkpointKey } from '../../../lib/hashing/checkpoint.ts'

interface Entry {
  readonly path: readonly string[]
  readonly size: number
  readonly time: number
}

const key = (pieceLength: number, entries: readonly Entry[]): Promise<string> =>
  checkpointKey({
    pieceLength,
    files: entries.map(({ path, size, time }) => ({
      path,
      file: new File([new Uint8Array(size)], 'x', { lastModified: time }),
    })),
  })

const entry = fc.record({
  path: fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  size: fc.nat(9),
  time: fc.nat(9),
})
const content = fc.tuple(fc.constantFrom(1, 2), fc.array(entry, { minLength: 1, maxLength: 4 }))

describe('checkpointKey', () => {
  it('is the same for the same piece length, order, paths, sizes and times, and for nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(content, content, async (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect((await key(...a)) === (await key(...b))).toBe(same)
        expect(await key(...a)).toBe(await key(...structuredClone(a)))
      }),
    )
  })

  it('is another one for an encrypted share, and for each layout of it', async () => {
    const files = [{ path: ['a'], file: new File(['a'], 'a', { lastModified: 1 }) }]
    const keys = [undefined, [32_768, 1, 2], [32_768, 2, 2], [65_536, 1, 2]].map(layout =>
      checkpointKey({ pieceLength: 1, files, ...(layout && { layout }) }),
    )
    expect(new Set(await Promise.all(keys)).size).toBe(keys.length)
  })

  it('separates fields that could run together', async () => {
    const one = (path: string[]) => key(1, [{ path, size: 1, time: 1 }])
    expect(await one(['a', 'b'])).not.toBe(await one(['a/b']))
    expect(await key(1, [{ path: ['a'], size: 1, time: 2 }])).not.toBe(
      await key(1, [{ path: ['a'], size: 2, time: 1 }]),
    )
  })
})
