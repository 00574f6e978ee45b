import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PieceSource, PieceStore } from '../../../lib/storage/piece-store.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { infoHashOf } from '../../../lib/torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { hasPiece } from '../../../lib/torrent/piece-map.ts'
import { noise } from '../content/fixtures.ts'

/** Bytes in a piece of `sampleShare()`. */
export const PIECE = 64 * 1024

/** A new share with its content. */
export interface Sample {
  readonly metainfo: Metainfo
  readonly content: Uint8Array<ArrayBuffer>
}

/** Index of the padding in `sampleShare()`: its bytes are zeros. */
const PADDING = 3

/** Five pieces: a file and a half, an empty one, a small one, padding to the next piece, a long one, one in the tail. */
const LENGTHS = [PIECE + PIECE / 2, 0, PIECE / 4, PIECE / 4, 2 * PIECE + 1000, 777]

export async function sampleShare(): Promise<Sample> {
  const sample = await shareOf(LENGTHS)
  const files = sample.metainfo.files.map((file, index) => ({ ...file, padding: index === PADDING }))
  return { ...sample, metainfo: { ...sample.metainfo, files } }
}

/** A share with files of these lengths, in bytes. */
export async function shareOf(lengths: readonly number[], pieceLength = PIECE): Promise<Sample> {
  const length = lengths.reduce((sum, each) => sum + each, 0)
  const content = noise(length)
  if (lengths === LENGTHS) content.fill(0, PIECE * 1.75, PIECE * 2)
  const pieces = []
  for (let at = 0; at < length; at += pieceLength) {
    pieces.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    )
  }
  const infoBytes = encodeInfo({
    name: 'content',
    pieceLength,
    pieces: Buffer.concat(pieces),
    private: false,
    files: lengths.map((length, index) => ({ path: [`file ${index}`], length })),
  })
  const metainfo = await parseMetainfo(encodeTorrent({ infoBytes, announceList: [] }))
  return { content, metainfo: { ...metainfo, infoHash: infoHashOf(new Uint8Array(randomBytes(20))) } }
}

export const pieceOf = ({ content, metainfo }: Sample, index: number): Uint8Array<ArrayBuffer> =>
  content.slice(index * metainfo.pieceLength, (index + 1) * metainfo.pieceLength)

export function fileOf({ content, metainfo }: Sample, index: number): Uint8Array<ArrayBuffer> {
  const { length = 0, offset = 0 } = metainfo.files[index] ?? {}
  return content.slice(offset, offset + length)
}

export const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** Indexes of the pieces a store reports. */
export const piecesIn = ({ have }: PieceStore, { metainfo }: Sample): number[] =>
  [...Array(metainfo.pieceCount).keys()].filter(index => hasPiece(have, index))

export async function writeAll(store: PieceStore, sample: Sample, pieces?: readonly number[]): Promise<void> {
  const all = pieces ?? [...Array(sample.metainfo.pieceCount).keys()]
  const kept = await Promise.all(all.map(index => store.write(index, pieceOf(sample, index))))
  expect(kept).toEqual(all.map(() => true))
}

/** Expects every piece a store reports, and every file at `files`, to be correct. */
export async function expectRight(
  store: PieceStore,
  sample: Sample,
  files: readonly number[] = [],
): Promise<void> {
  for (const index of piecesIn(store, sample)) {
    const bytes = pieceOf(sample, index)
    expect(sha1(await store.read(index, 0, bytes.length)), `piece ${index}`).toBe(sha1(bytes))
  }
  for (const index of files) {
    const file = await store.file(index)
    expect(sha1(new Uint8Array(await file.arrayBuffer())), `file ${index}`).toBe(sha1(fileOf(sample, index)))
  }
}

/** The contract of every piece source; `filled` makes one with the whole content of a sample. */
export function pieceSourceContract(name: string, filled: (sample: Sample) => Promise<PieceSource>): void {
  describe(`${name} as a source`, () => {
    it('returns every piece, including the short last one', async () => {
      const sample = await sampleShare()
      const source = await filled(sample)
      for (let index = 0; index < sample.metainfo.pieceCount; index++) {
        const bytes = pieceOf(sample, index)
        expect(sha1(await source.read(index, 0, bytes.length))).toBe(sha1(bytes))
      }
      await source.close()
    })

    it('returns any range inside a piece', async () => {
      const sample = await sampleShare()
      const source = await filled(sample)
      for (const [index, offset, length] of [
        [0, 0, 1],
        [0, PIECE - 1, 1],
        [1, 16 * 1024, 48 * 1024],
        [1, PIECE / 2 - 3, 7],
        [2, 5, PIECE - 5],
        [4, 1000, 234],
        [4, 1776, 1],
      ] as const) {
        const expected = pieceOf(sample, index).subarray(offset, offset + length)
        expect(sha1(await source.read(index, offset, length))).toBe(sha1(expected))
      }
      await source.close()
    })

    it('rejects ranges outside a piece', async () => {
      const sample = await sampleShare()
      const source = await filled(sample)
      await expect(source.read(0, 0, PIECE + 1)).rejects.toThrow()
      await expect(source.read(4, 1777, 1)).rejects.toThrow()
      await expect(source.read(5, 0, 1)).rejects.toThrow()
      await expect(source.read(0, -1, 5)).rejects.toThrow()
      await source.close()
    })

    it('serves many readers at once', async () => {
      const sample = await sampleShare()
      const source = await filled(sample)
      const reads = Array.from({ length: 200 }, async (_, n) => {
        const index = n % 4
        const offset = (n * 997) % (PIECE - 4096)
        const expected = pieceOf(sample, index).subarray(offset, offset + 4096)
        expect(sha1(await source.read(index, offset, 4096))).toBe(sha1(expected))
      })
      await Promise.all(reads)
      await source.close()
    })
  })
}

/** The contract of every piece store; `open` makes one for a share. */
export function pieceStoreContract(
  name: string,
  open: (sample: Sample, selected: readonly number[]) => Promise<PieceStore>,
): void {
  const ALL = [0, 1, 2, 4, 5]

  pieceSourceContract(name, async sample => {
    const store = await open(sample, ALL)
    await writeAll(store, sample, [4, 2, 0, 1, 3])
    return store
  })

  describe(`${name} as a store`, () => {
    it('serves the pieces that are here while others are missing', async () => {
      const sample = await sampleShare()
      const store = await open(sample, ALL)
      expect(piecesIn(store, sample)).toEqual([])
      await writeAll(store, sample, [1])
      expect(piecesIn(store, sample)).toEqual([1])
      expect(sha1(await store.read(1, 9, 99))).toBe(sha1(pieceOf(sample, 1).subarray(9, 108)))
      await expect(store.read(0, 0, 10)).rejects.toMatchObject({ code: 'storage_failed' })
      await expect(store.file(0)).rejects.toMatchObject({ code: 'storage_failed' })
      await store.close()
    })

    it('rejects a piece of the wrong size or with the wrong bytes', async () => {
      const sample = await sampleShare()
      const store = await open(sample, ALL)
      await expect(store.write(0, new Uint8Array(5))).rejects.toMatchObject({ code: 'storage_failed' })
      await expect(store.write(4, new Uint8Array(PIECE))).rejects.toMatchObject({ code: 'storage_failed' })
      expect(await store.write(0, pieceOf(sample, 1))).toBe(false)
      expect(piecesIn(store, sample)).toEqual([])
      expect(store.pendingBytes).toBe(0)
      await writeAll(store, sample, [0])
      await expectRight(store, sample)
      await store.close()
    })

    it('counts what is not written yet', async () => {
      const sample = await sampleShare()
      const store = await open(sample, ALL)
      const writes = [0, 1, 2].map(index => store.write(index, pieceOf(sample, index)))
      expect(store.pendingBytes).toBe(3 * PIECE)
      await Promise.all(writes)
      expect(store.pendingBytes).toBe(0)
      await store.close()
    })

    it('returns whole files, including an empty one', async () => {
      const sample = await sampleShare()
      const store = await open(sample, ALL)
      await writeAll(store, sample)
      await expectRight(store, sample, ALL)
      await expect(store.file(6)).rejects.toMatchObject({ code: 'storage_failed' })
      await store.close()
    })

    it('returns a whole unselected file when its pieces are here', async () => {
      const sample = await sampleShare()
      const store = await open(sample, [0])
      await writeAll(store, sample, [0, 1])
      await expectRight(store, sample, [0, 1, 2])
      await expect(store.file(4)).rejects.toMatchObject({ code: 'storage_failed' })
      await store.close()
    })

    it('continues when more files are selected', async () => {
      const sample = await sampleShare()
      const store = await open(sample, [5])
      await writeAll(store, sample, [4])
      const early = await store.file(5)
      await store.select([4, 5])
      await writeAll(store, sample, [2, 3])
      await expectRight(store, sample, [4, 5])
      await store.select([0, 4, 5])
      await writeAll(store, sample, [0, 1])
      await expectRight(store, sample, [0, 2, 4, 5])
      expect(sha1(new Uint8Array(await early.arrayBuffer()))).toBe(sha1(fileOf(sample, 5)))
      await store.close()
    })

    it('keeps single pieces when no file is selected', async () => {
      const sample = await sampleShare()
      const store = await open(sample, [])
      await writeAll(store, sample, [3, 1])
      expect(piecesIn(store, sample)).toEqual([1, 3])
      await expectRight(store, sample)
      await store.close()
    })

    it('forgets everything when destroyed', async () => {
      const sample = await sampleShare()
      const store = await open(sample, ALL)
      await writeAll(store, sample)
      await store.destroy()
      expect(piecesIn(store, sample)).toEqual([])
      await expect(store.read(0, 0, 1)).rejects.toMatchObject({ code: 'storage_failed' })
    })

    // A download that failed has closed its store, and is deleted later.
    it('forgets everything when destroyed after it was closed', async () => {
      const sample = await sampleShare()
      const store = await open(sample, ALL)
      await writeAll(store, sample)
      await store.close()
      await store.destroy()
      expect(piecesIn(store, sample)).toEqual([])
    })
  })
}
