import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BlobStore } from '../../lib/storage/blob-store.ts'
import type { ChunkStore } from '../../lib/storage/chunk-store.ts'
import { PieceStore } from '../../lib/storage/piece-store.ts'
import { ReadCache } from '../../lib/storage/read-cache.ts'

const PIECE = 64 * 1024
const LENGTH = 3 * PIECE + 1234

const content = new Uint8Array(randomBytes(LENGTH))
const pieceCount = Math.ceil(LENGTH / PIECE)
const pieceOf = (index: number) => content.slice(index * PIECE, Math.min((index + 1) * PIECE, LENGTH))

const put = (store: ChunkStore, index: number, bytes: Uint8Array<ArrayBuffer>) =>
  new Promise<Error | null>(resolve => store.put(index, bytes, resolve))
const get = (store: ChunkStore, index: number, range: { offset?: number; length?: number } | null = null) =>
  new Promise<Uint8Array>((resolve, reject) =>
    store.get(index, range, (error, bytes) => (error || !bytes ? reject(error) : resolve(bytes))),
  )
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')

/** What every store promises to webtorrent; `fill` brings the whole content into it. */
function chunkStoreContract(name: string, filled: () => Promise<ChunkStore>): void {
  describe(name, () => {
    it('gives back every piece, the short last one included', async () => {
      const store = await filled()
      for (let index = 0; index < pieceCount; index++) {
        expect(sha1(await get(store, index))).toBe(sha1(pieceOf(index)))
      }
    })

    it('gives any range inside a piece', async () => {
      const store = await filled()
      for (const [index, offset, length] of [
        [0, 0, 1],
        [0, PIECE - 1, 1],
        [1, 16 * 1024, 16 * 1024],
        [2, 5, PIECE - 5],
        [3, 1000, 234],
      ] as const) {
        const expected = pieceOf(index).subarray(offset, offset + length)
        expect(sha1(await get(store, index, { offset, length }))).toBe(sha1(expected))
      }
      expect(sha1(await get(store, 2, { offset: 100 }))).toBe(sha1(pieceOf(2).subarray(100)))
    })

    it('refuses what lies outside', async () => {
      const store = await filled()
      await expect(get(store, 0, { offset: 0, length: PIECE + 1 })).rejects.toThrow()
      await expect(get(store, pieceCount - 1, { offset: 1234, length: 1 })).rejects.toThrow()
      await expect(get(store, pieceCount)).rejects.toThrow()
      await expect(get(store, 0, { offset: -1, length: 5 })).rejects.toThrow()
    })

    it('answers many readers at once', async () => {
      const store = await filled()
      const reads = Array.from({ length: 400 }, (_, n) => {
        const index = n % 3
        const offset = (n * 997) % (PIECE - 4096)
        return get(store, index, { offset, length: 4096 }).then(bytes =>
          expect(sha1(bytes)).toBe(sha1(pieceOf(index).subarray(offset, offset + 4096))),
        )
      })
      await Promise.all(reads)
    })

    it('calls back after the call has returned, and after close', async () => {
      const store = await filled()
      let returned = false
      const done = new Promise<void>(resolve =>
        store.get(0, null, () => {
          expect(returned).toBe(true)
          resolve()
        }),
      )
      returned = true
      await done
      expect(await new Promise(resolve => store.close(resolve))).toBeNull()
    })
  })
}

chunkStoreContract('BlobStore over files of odd sizes', async () => {
  const cuts = [0, 1, 1, PIECE + 7, 2 * PIECE, LENGTH]
  const files = cuts.slice(1).map((end, index) => new Blob([content.slice(cuts[index], end)]))
  return new BlobStore(files, PIECE, () => {
    throw new Error('nothing became unreadable')
  })
})

chunkStoreContract('PieceStore', async () => {
  const store = new PieceStore(LENGTH, PIECE)
  for (let index = pieceCount - 1; index >= 0; index--)
    expect(await put(store, index, pieceOf(index))).toBeNull()
  return store
})

describe('BlobStore', () => {
  it('refuses writes', async () => {
    const store = new BlobStore([new Blob([content])], PIECE, () => {})
    expect(await put(store, 0, pieceOf(0))).toMatchObject({ code: 'storage_failed' })
  })
})

describe('ReadCache', () => {
  it('reads few places at once, however many are asked for, and answers them all', async () => {
    let reading = 0
    let most = 0
    const length = 64 * 1024 * 1024
    const cache = new ReadCache(
      async (start, end) => {
        most = Math.max(most, ++reading)
        await new Promise(resolve => setImmediate(resolve))
        reading--
        return new Uint8Array(end - start).fill(start / (1024 * 1024))
      },
      length,
      1024 * 1024,
    )
    const places = Array.from({ length: 64 }, (_, index) => index)
    const reads = places.map(index => cache.read(index * 1024 * 1024, index * 1024 * 1024 + 4))
    expect((await Promise.all(reads)).map(bytes => bytes[0])).toEqual(places)
    expect(most).toBeLessThanOrEqual(8)
  })

  it('tries again after a read that failed', async () => {
    let fail = true
    const cache = new ReadCache(
      async (start, end) => {
        if (fail) throw new DOMException('gone', 'NotReadableError')
        return new Uint8Array(end - start)
      },
      100,
      100,
    )
    await expect(cache.read(0, 10)).rejects.toThrow('gone')
    fail = false
    expect(await cache.read(0, 10)).toHaveLength(10)
  })
})

describe('PieceStore', () => {
  it('serves the pieces that are here while others are missing', async () => {
    const store = new PieceStore(LENGTH, PIECE)
    await put(store, 1, pieceOf(1))
    expect(sha1(await get(store, 1, { offset: 9, length: 99 }))).toBe(sha1(pieceOf(1).subarray(9, 108)))
    await expect(get(store, 0)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(() => store.slice(0, PIECE + 1)).toThrow('piece 0 is not here')
  })

  it('refuses a piece of the wrong size', async () => {
    const store = new PieceStore(LENGTH, PIECE)
    expect(await put(store, 0, new Uint8Array(5))).toMatchObject({ code: 'storage_failed' })
    expect(await put(store, 3, new Uint8Array(PIECE))).toMatchObject({ code: 'storage_failed' })
  })

  it('joins any byte range across pieces', async () => {
    const store = new PieceStore(LENGTH, PIECE)
    for (let index = 0; index < pieceCount; index++) await put(store, index, pieceOf(index))
    const blob = store.slice(PIECE - 3, 3 * PIECE + 5)
    expect(sha1(new Uint8Array(await blob.arrayBuffer()))).toBe(
      sha1(content.subarray(PIECE - 3, 3 * PIECE + 5)),
    )
  })

  it('forgets everything when destroyed', async () => {
    const store = new PieceStore(LENGTH, PIECE)
    await put(store, 0, pieceOf(0))
    await new Promise(resolve => store.destroy(resolve))
    await expect(get(store, 0)).rejects.toMatchObject({ code: 'storage_failed' })
  })
})
