import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BlobStore } from '../../lib/storage/blob-store.ts'
import { MemoryStore } from '../../lib/storage/memory-store.ts'
import type { PieceSource } from '../../lib/storage/piece-store.ts'
import { ReadCache } from '../../lib/storage/read-cache.ts'
import { encodeInfo, encodeTorrent, parseMetainfo } from '../../lib/torrent/metainfo.ts'

const PIECE = 64 * 1024
const LENGTH = 3 * PIECE + 1234

const content = new Uint8Array(randomBytes(LENGTH))
const pieceCount = Math.ceil(LENGTH / PIECE)
const pieceOf = (index: number) => content.slice(index * PIECE, Math.min((index + 1) * PIECE, LENGTH))

const get = (
  store: PieceSource,
  index: number,
  { offset = 0, length = pieceOf(index).length - offset }: { offset?: number; length?: number } = {},
) => store.read(index, offset, length)
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')
const digestOf = (index: number) => createHash('sha1').update(pieceOf(index)).digest()
const infoBytes = encodeInfo({
  name: 'content',
  pieceLength: PIECE,
  pieces: Buffer.concat(Array.from({ length: pieceCount }, (_, index) => digestOf(index))),
  private: false,
  length: LENGTH,
})
const metainfo = await parseMetainfo(encodeTorrent({ infoBytes, announceList: [] }))

/** What every store promises to an engine; `filled` brings the whole content into it. */
function pieceSourceContract(name: string, filled: () => Promise<PieceSource>): void {
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

    it('closes', async () => {
      const store = await filled()
      await expect(store.close()).resolves.toBeUndefined()
    })
  })
}

pieceSourceContract('BlobStore over files of odd sizes', async () => {
  const cuts = [0, 1, 1, PIECE + 7, 2 * PIECE, LENGTH]
  const files = cuts.slice(1).map((end, index) => new Blob([content.slice(cuts[index], end)]))
  return new BlobStore(files, PIECE, () => {
    throw new Error('nothing became unreadable')
  })
})

pieceSourceContract('MemoryStore', async () => {
  const store = new MemoryStore(metainfo)
  for (let index = pieceCount - 1; index >= 0; index--)
    expect(await store.write(index, pieceOf(index))).toBe(true)
  return store
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

describe('MemoryStore', () => {
  it('serves the pieces that are here while others are missing', async () => {
    const store = new MemoryStore(metainfo)
    await store.write(1, pieceOf(1))
    expect(store.have).toEqual(new Uint8Array([0b01000000]))
    expect(sha1(await get(store, 1, { offset: 9, length: 99 }))).toBe(sha1(pieceOf(1).subarray(9, 108)))
    await expect(get(store, 0)).rejects.toMatchObject({ code: 'storage_failed' })
    await expect(store.file(0)).rejects.toThrow('piece 0 is not here')
  })

  it('refuses a piece of the wrong size and one with the wrong bytes', async () => {
    const store = new MemoryStore(metainfo)
    await expect(store.write(0, new Uint8Array(5))).rejects.toMatchObject({ code: 'storage_failed' })
    await expect(store.write(3, new Uint8Array(PIECE))).rejects.toMatchObject({ code: 'storage_failed' })
    expect(await store.write(0, pieceOf(1))).toBe(false)
    expect(store.have).toEqual(new Uint8Array([0]))
    expect(store.pendingBytes).toBe(0)
  })

  it('gives a whole file', async () => {
    const store = new MemoryStore(metainfo)
    for (let index = 0; index < pieceCount; index++) await store.write(index, pieceOf(index))
    const file = await store.file(0)
    expect(sha1(new Uint8Array(await file.arrayBuffer()))).toBe(sha1(content))
  })

  it('forgets everything when destroyed', async () => {
    const store = new MemoryStore(metainfo)
    await store.write(0, pieceOf(0))
    await store.destroy()
    await expect(get(store, 0)).rejects.toMatchObject({ code: 'storage_failed' })
  })
})
