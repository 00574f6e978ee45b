import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PickedFile } from '../../../lib/browser/picked-file.ts'
import { badBytesOf, bytesToFetch, reportOf } from '../../../lib/heal/check-copy.ts'
import { contentOf, fitCopy, piecesPresent } from '../../../lib/heal/local-copy.ts'
import { infoHashIn } from '../../../lib/heal/read-source.ts'
import { filesToSave } from '../../../lib/heal/repair-plan.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { setPiece } from '../../../lib/torrent/piece-map.ts'
import { cpuTime } from '../../support/cpu-time.ts'

const PIECE = 16_384

/** Metainfo of files with these lengths; the hashes are of nothing. */
function metainfoOf(name: string, lengths: Readonly<Record<string, number>> | number): Promise<Metainfo> {
  const files =
    typeof lengths === 'number'
      ? null
      : Object.entries(lengths).map(([path, length]) => ({ path: path.split('/'), length }))
  const length = files ? files.reduce((sum, file) => sum + file.length, 0) : Number(lengths)
  const pieces = new Uint8Array(20 * Math.ceil(length / PIECE))
  const common = { name, pieceLength: PIECE, pieces, private: false }
  const infoBytes = encodeInfo(files ? { ...common, files } : { ...common, length })
  return parseMetainfo(encodeTorrent({ infoBytes, announceList: [] }))
}

const picked = (path: string, size: number): PickedFile => ({
  path: path.split('/'),
  file: new File([new Uint8Array(size).fill(7)], path.split('/').at(-1) ?? ''),
})

const trip = () => metainfoOf('trip', { 'a.bin': 100, 'day 1/b.bin': 200, 'day 2/b.bin': 300 })
const local = [picked('a.bin', 100), picked('day 1/b.bin', 200), picked('day 2/b.bin', 300)]
const moved = (files: readonly PickedFile[], change: (path: readonly string[]) => readonly string[]) =>
  files.map(file => ({ ...file, path: change(file.path) }))

describe('which local file is which', () => {
  test.each([
    ['the folder', (path: readonly string[]) => ['trip', ...path]],
    ['a folder around it', (path: readonly string[]) => ['disk', 'old', 'trip', ...path]],
    ['a renamed folder', (path: readonly string[]) => ['trip (1)', ...path]],
    ['what is in the folder', (path: readonly string[]) => path],
  ])('by place, when %s was chosen', async (_, place) => {
    const files = moved(local, place)
    const copy = fitCopy(await trip(), files)
    expect(copy.files.map(file => file?.picked)).toEqual(files)
    expect(copy.files.every(file => file?.inPlace)).toBe(true)
    expect(copy.extra).toEqual([])
  })

  test('by a name or size that only one has, without being sure of the place', async () => {
    const copy = fitCopy(await trip(), [
      picked('renamed.bin', 300),
      picked('x/a.bin', 7),
      picked('b.bin', 200),
    ])
    expect(copy.files.map(file => file?.picked.file.size)).toEqual([7, 200, 300])
    expect(copy.files.map(file => file?.inPlace)).toEqual([true, false, false])
  })

  test('two of a name and of other sizes belong to none', async () => {
    const copy = fitCopy(await trip(), [picked('q/b.bin', 1), picked('r/b.bin', 2)])
    expect(copy.files).toEqual([null, null, null])
    expect(copy.extra).toHaveLength(2)
  })

  test('of two copies in one folder the one of the right sizes', async () => {
    const bad = moved(local, path => ['bad', ...path]).map(({ path }) => picked(path.join('/'), 1))
    const good = moved(local, path => ['good', ...path])
    const copy = fitCopy(await trip(), [...bad, ...good])
    expect(copy.files.map(file => file?.picked)).toEqual(good)
    expect(copy.extra).toEqual(bad)
  })

  test('one file for a share of one file, whatever it is called', async () => {
    const copy = fitCopy(await metainfoOf('film.mkv', 500), [picked('film (2).part', 3)])
    expect(copy.files[0]?.picked.file.size).toBe(3)
  })

  test('nothing chosen is used twice, and everything chosen is accounted for', async () => {
    const metainfo = await trip()
    const name = fc.constantFrom('a.bin', 'b.bin', 'day 1', 'day 2', 'trip', 'c')
    const files = fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 4 }), {
      selector: path => path.join('/'),
    })
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 300 }), (paths, size) => {
        const chosen = paths.map(path => picked(path.join('/'), size))
        const copy = fitCopy(metainfo, chosen)
        const used = copy.files.flatMap(file => file?.picked ?? [])
        expect(new Set([...used, ...copy.extra])).toEqual(new Set(chosen))
        expect(used.length + copy.extra.length).toBe(chosen.length)
      }),
    )
  })
})

describe('the copy as content', () => {
  test('is as long as the content, and only whole pieces are there', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 3 * PIECE }), { minLength: 1, maxLength: 4 })
    const sizes = fc.array(fc.option(fc.integer({ min: 0, max: 4 * PIECE })), { minLength: 4, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(lengths, sizes, async (wanted, have) => {
        const metainfo = await metainfoOf(
          'all',
          Object.fromEntries(wanted.map((length, at) => [`f${at}`, length])),
        )
        const files = wanted.flatMap((_, at) => {
          const size = have[at] ?? null
          return size === null ? [] : picked(`all/f${at}`, size)
        })
        const copy = fitCopy(metainfo, files)
        const content = new Uint8Array(await contentOf(metainfo, copy).arrayBuffer())
        expect(content).toHaveLength(metainfo.length)
        const whole = Array.from({ length: metainfo.pieceCount }, (_, piece) => piece).filter(piece =>
          // Local bytes are 7, what is missing is 0.
          content.subarray(piece * PIECE, (piece + 1) * PIECE).every(byte => byte === 7),
        )
        expect(piecesPresent(metainfo, copy)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })
})

describe('the report', () => {
  test('distinguishes damaged, missing, too long and unsure files', async () => {
    const metainfo = await metainfoOf('x', {
      a: 2 * PIECE,
      b: PIECE / 2,
      c: PIECE / 2,
      d: PIECE,
      e: PIECE,
      f: 5,
    })
    const copy = fitCopy(metainfo, [
      picked('x/a', 2 * PIECE),
      picked('x/b', PIECE / 2),
      picked('x/c', PIECE / 2),
      picked('x/d', PIECE + 9),
      picked('x/e', PIECE - 1),
    ])
    const good = new Uint8Array(1)
    for (const piece of [1, 3]) setPiece(good, piece)
    const report = reportOf(metainfo, copy, good)
    expect(report).toMatchObject({ goodPieces: 2, badPieces: 4, badBytes: 3 * PIECE + 5 })
    expect(report.files.map(({ index, state, excess }) => [index, state, excess])).toEqual([
      [0, 'damaged', 0],
      [1, 'unsure', 0],
      [2, 'unsure', 0],
      [3, 'long', 9],
      [4, 'damaged', 0],
      [5, 'missing', 0],
    ])
    expect(bytesToFetch(metainfo, good, [1])).toBe(PIECE)
    expect(bytesToFetch(metainfo, good, [1, 2])).toBe(PIECE)
    expect(badBytesOf(metainfo, good, [1])).toBe(PIECE / 2)
  })

  test('of 100,000 missing files takes no time that a person would notice', async () => {
    const count = 100_000
    const metainfo = await metainfoOf(
      'x',
      Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index).padStart(6, '0'), 1])),
    )
    const copy = fitCopy(metainfo, [])
    const report = reportOf(metainfo, copy, new Uint8Array(Math.ceil(metainfo.pieceCount / 8)))
    let indexes: readonly number[] = []
    const spent = cpuTime(() => {
      indexes = filesToSave({ metainfo, copy, report, selected: [...metainfo.files.keys()] })
    })
    // Looking each up in a list takes several seconds.
    expect(spent).toBeLessThan(2_000)
    expect(indexes).toHaveLength(count)
  })
})

describe('a link', () => {
  const hash = '0123456789abcdef0123456789abcdef01234567'
  test.each([
    hash.toUpperCase(),
    `https://share.example/d/${hash}`,
    `http://127.0.0.1:8000/t/${hash}.torrent`,
    `magnet:?xt=urn:btih:${hash}&dn=a`,
    `[InternetShortcut]\r\nURL=https://share.example/d/${hash}?x=1\r\n`,
    `<plist><string>magnet:?dn=a&amp;xt=urn:btih:${hash}</string></plist>`,
  ])('is found in %j', text => {
    expect(infoHashIn(text)).toBe(hash)
  })

  test.each(['', 'https://share.example/', `${hash}0`, 'magnet:?dn=a'])('is not found in %j', text => {
    expect(() => infoHashIn(text)).toThrow(/_invalid/)
  })
})
