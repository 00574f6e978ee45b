import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { choosePieceLength } from '../../../lib/torrent/piece-length.ts'

const KiB = 1024
const MiB = 1024 ** 2
const GiB = 1024 ** 3
const TiB = 1024 ** 4

test.each([
  [0, 'a.zip', 32 * KiB],
  [1, 'a.zip', 32 * KiB],
  [32 * MiB, 'a.zip', 32 * KiB],
  [32 * MiB + 1, 'a.zip', 64 * KiB],
  [100 * MiB, 'a.zip', 128 * KiB],
  [512 * MiB, 'a.mkv', 512 * KiB],
  [GiB, 'a.zip', MiB],
  [2 * GiB - 1, 'a.zip', MiB],
  [2 * GiB, 'a.zip', 4 * MiB],
  [64 * GiB - 1, 'a.zip', 4 * MiB],
  [64 * GiB, 'a.zip', 8 * MiB],
  [TiB, 'a.zip', 8 * MiB],
  [4 * GiB, 'film.MKV', MiB],
  [4 * GiB + 1, 'film.MKV', 2 * MiB],
  [100 * GiB, 'album/01.flac', 2 * MiB],
])('%d bytes of %s: pieces of %d', (length, path, expected) => {
  expect(choosePieceLength(length, [path])).toBe(expected)
})

test('pieces grow where the hashes would not fit', () => {
  expect(choosePieceLength(TiB, ['film.mkv'])).toBe(4 * MiB)
  expect(choosePieceLength(20 * TiB, ['a.bin'])).toBe(64 * MiB)
})

test.each([
  [27 * TiB, ['a.bin']],
  [Number.MAX_SAFE_INTEGER, ['a.bin']],
  [MiB, Array.from({ length: 100_000 }, (_, index) => `${'long folder name/'.repeat(4)}${index}`)],
])('%d bytes that fit no metainfo are refused', (length, paths) => {
  expect(() => choosePieceLength(length, paths)).toThrow(
    expect.objectContaining({ code: 'metainfo_too_large' }),
  )
})

test('the torrent it is for fits the limit', () => {
  const paths = Array.from({ length: 300 }, (_, index) => ['ü'.repeat(120), '漢'.repeat(80), String(index)])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 * TiB }), total => {
      const pieceLength = choosePieceLength(
        total,
        paths.map(path => path.join('/')),
      )
      const torrent = encodeTorrent({
        infoBytes: encodeInfo({
          name: 'n'.repeat(255),
          pieceLength,
          pieces: new Uint8Array(20 * Math.ceil(total / pieceLength)),
          private: true,
          files: paths.map((path, index) => ({ path, length: index === 0 ? total : 0 })),
        }),
        announceList: [['wss://x.example/announce', 'https://x.example/announce']],
        comment: 'c'.repeat(4000),
      })
      expect(torrent.length).toBeLessThanOrEqual(METAINFO_MAX_BYTES)
    }),
    { numRuns: 50 },
  )
})

test.each([
  ['one file', [['a.bin']]],
  [
    'many deep paths',
    Array.from({ length: 20_000 }, (_, index) => [...Array.from({ length: 40 }, () => 'a'), String(index)]),
  ],
])('the longest content there can be in %s takes 64 MiB pieces and fits', (_, paths) => {
  const total = longestContent(paths.map(path => path.join('/')))
  const pieceLength = 64 * MiB
  const infoBytes = encodeInfo({
    name: 'n'.repeat(255),
    pieceLength,
    pieces: new Uint8Array(20 * Math.ceil(total / pieceLength)),
    private: true,
    files: paths.map((path, index) => ({ path, length: index === 0 ? total : 0 })),
  })
  const announceList = [['wss://x.example/announce']]
  const torrent = encodeTorrent({ infoBytes, announceList, comment: '漢'.repeat(4000) })
  expect(torrent.length).toBeLessThanOrEqual(METAINFO_MAX_BYTES)
})

/** The most bytes, to a piece, that `choosePieceLength` finds a piece length for. */
function longestContent(paths: readonly string[]): number {
  let [fits, tooLong] = [TiB, 30 * TiB]
  while (tooLong - fits > 64 * MiB) {
    const middle = Math.floor((fits + tooLong) / 2)
    try {
      expect(choosePieceLength(middle, paths)).toBeLessThanOrEqual(64 * MiB)
      fits = middle
    } catch (error) {
      expect(error).toMatchObject({ code: 'metainfo_too_large' })
      tooLong = middle
    }
  }
  return fits
}
