import { expect, test } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import { encodeInfo } from '../../../lib/torrent/encode-torrent.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { formatBlockList, parseBlockList } from '../../../server/shares/takedown/block-list.ts'
import { contentDigest, digestOfInfo } from '../../../server/shares/takedown/content-digest.ts'

const A = 'a'.repeat(40) as InfoHash
const B = 'b'.repeat(40) as InfoHash
const DIGEST = 'c'.repeat(64)

test('reads lists as people and programs write them', () => {
  const text = `\ufeff# ours\r\n\r\n${A.toUpperCase()}\r\n  ${B}  content:${DIGEST}   two  words \n${A} content: not a digest\n`
  expect(parseBlockList(text)).toEqual([
    { infoHash: A, content: null, reason: '' },
    { infoHash: B, content: DIGEST, reason: 'two  words' },
    { infoHash: A, content: null, reason: 'content: not a digest' },
  ])
})

test('names the line that is none', () => {
  const refused = (text: string) => {
    try {
      return parseBlockList(text)
    } catch (error) {
      return error instanceof AppError ? `${error.code} ${error.detail}` : error
    }
  }
  expect(refused(`${A}\n\nmagnet:?xt=1\n`)).toMatch(/^bad_request line 3 /)
  expect(refused(`${A}x`)).toMatch(/^bad_request line 1 /)
  expect(refused('<html>')).toMatch(/^bad_request line 1 /)
})

test('reads what it wrote', () => {
  const common = { name: 'n', length: 1, by: 'ann', at: new Date(0) }
  const blocks = [
    { ...common, infoHash: A, content: null, reason: '' },
    { ...common, infoHash: B, content: DIGEST, reason: 'Fraud, and\nworse' },
  ]
  expect(parseBlockList(formatBlockList(blocks))).toEqual([
    { infoHash: A, content: null, reason: '' },
    { infoHash: B, content: DIGEST, reason: 'Fraud, and worse' },
  ])
})

test('the digest of a content depends on its bytes, and on nothing that names them', () => {
  const pieces = new Uint8Array(40).fill(7)
  const common = { pieceLength: 16_384, pieces, private: false }
  const digest = contentDigest({ length: 20_000, pieceLength: 16_384, pieces })
  const infos = [
    encodeInfo({ ...common, name: 'a', length: 20_000 }),
    encodeInfo({ ...common, name: 'b', length: 20_000, source: 'X', private: true }),
    encodeInfo({
      ...common,
      name: 'c',
      files: [
        { path: ['x'], length: 12_000 },
        { path: ['y'], length: 8_000 },
      ],
    }),
  ]
  for (const info of infos) expect(digestOfInfo(info, 20_000)).toBe(digest)
  expect(digestOfInfo(encodeInfo({ ...common, name: 'a', length: 20_001 }), 20_001)).not.toBe(digest)
  expect(
    digestOfInfo(encodeInfo({ ...common, name: 'a', length: 20_000, pieces: pieces.fill(8) }), 20_000),
  ).not.toBe(digest)
  expect(digestOfInfo(Uint8Array.of(0, 1, 2), 3)).toBeNull()
})
