import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Encoded } from '../../../lib/torrent/bencode.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { LOCAL_LIMITS, type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { bytesOf } from './bytes.ts'
import { dictionary, file, folderOf, outcome, PIECE, sha1, torrentOf } from './torrents.ts'

describe('parseMetainfo refuses', () => {
  test.each<[string, Uint8Array, string]>([
    ['nothing', bytesOf(''), 'metainfo_syntax'],
    ['text', bytesOf('<!doctype html>'), 'metainfo_syntax'],
    ['a truncated file', torrentOf({}).subarray(0, -1), 'metainfo_syntax'],
    [
      'a huge length',
      torrentOf({ length: new Encoded(bytesOf('i99999999999999999999e')) }),
      'metainfo_invalid',
    ],
    ['deep nesting', bytesOf(`d4:info${'l'.repeat(10_000)}`), 'metainfo_syntax'],
    ['a list', bytesOf('le'), 'metainfo_invalid'],
    ['no info', bytesOf('de'), 'metainfo_invalid'],
    ['info that is text', bytesOf('d4:info1:ae'), 'metainfo_invalid'],
    ['one byte too many', new Uint8Array(METAINFO_MAX_BYTES + 1), 'metainfo_too_large'],
    ['no name', torrentOf({ name: undefined }), 'metainfo_invalid'],
    ['a path that is text', folderOf(file('a')), 'metainfo_invalid'],
    ['a component that is a number', folderOf(file([1])), 'metainfo_invalid'],
    ['a file that is text', folderOf('a'), 'metainfo_invalid'],
    ['files that are text', torrentOf({ length: undefined, files: 'a' }), 'metainfo_invalid'],
    ['neither length nor files', torrentOf({ length: undefined }), 'metainfo_invalid'],
    ['no files', folderOf(), 'metainfo_invalid'],
    ['content of 0 bytes', torrentOf({ length: 0, pieces: '' }), 'metainfo_invalid'],
    ['a negative length', torrentOf({ length: -5 }), 'metainfo_invalid'],
    ['a negative file length', folderOf(file(['a'], 10), file(['b'], -5)), 'metainfo_invalid'],
    ['a length that is text', torrentOf({ length: '5' }), 'metainfo_invalid'],
    [
      'a total beyond 2^53',
      folderOf(file(['a'], Number.MAX_SAFE_INTEGER), file(['b'], 1)),
      'metainfo_invalid',
    ],
    ['1 PB in one piece', torrentOf({ length: 10 ** 15 }), 'metainfo_invalid'],
    ['a piece too few', torrentOf({ length: PIECE + 1 }), 'metainfo_invalid'],
    ['a piece too many', torrentOf({ pieces: new Uint8Array(40) }), 'metainfo_invalid'],
    ['half a piece hash', torrentOf({ pieces: new Uint8Array(19) }), 'metainfo_invalid'],
    ['pieces that are a number', torrentOf({ pieces: 1 }), 'metainfo_invalid'],
    ['no pieces', torrentOf({ pieces: undefined }), 'metainfo_invalid'],
    ['no piece length', torrentOf({ 'piece length': undefined }), 'metainfo_invalid'],
    ['a piece length of 0', torrentOf({ 'piece length': 0 }), 'metainfo_invalid'],
    ['a negative piece length', torrentOf({ 'piece length': -PIECE }), 'metainfo_invalid'],
    ['a piece length of 1 GiB', torrentOf({ 'piece length': 2 ** 30 }), 'metainfo_invalid'],
  ])('%s', async (_, bytes, code) => {
    expect(await outcome(bytes)).toBe(code)
  })

  test('BitTorrent v2 only, with a detail that says so', async () => {
    const info = { length: undefined, pieces: undefined, 'meta version': 2, 'file tree': dictionary({}) }
    await expect(parseMetainfo(torrentOf(info))).rejects.toMatchObject({
      code: 'metainfo_invalid',
      detail: expect.stringContaining('v2'),
    })
  })

  test('100,001 files of a stranger, and not those of a file on this computer', async () => {
    const files = Array.from({ length: 100_001 }, (_, index) => file([String(index)]))
    const pieces = new Uint8Array(20 * Math.ceil(100_001 / PIECE))
    expect(await outcome(torrentOf({ length: undefined, files, pieces }))).toBe('metainfo_too_large')
    const local = await parseMetainfo(torrentOf({ length: undefined, files, pieces }), LOCAL_LIMITS)
    expect(local.length).toBe(100_001)
  })
})

test('mutated metainfo: an AppError, or a metainfo that keeps every rule', async () => {
  const bases = [
    torrentOf({ private: 1 }, { announce: 'ws://a', comment: 'c' }),
    folderOf(file(['a', 'b'], 3), file(['.pad', '2'], 2, { attr: 'p' }), file(['c'], 4)),
  ]
  const edit = fc.record({
    at: fc.nat(300),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }).map(bytes => String.fromCharCode(...bytes)),
      fc.string({ unit: fc.constantFrom(...'dlei0123456789-:./\0'), maxLength: 3 }),
    ),
  })
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bases),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      async (base, edits) => {
        let text = String.fromCharCode(...base)
        for (const { at, remove, insert } of edits) {
          const start = at % text.length
          text = text.slice(0, start) + insert + text.slice(start + remove)
        }
        const bytes = bytesOf(text)
        if ((await outcome(bytes)) !== 'accepted') return
        accepted += 1
        const metainfo: Metainfo = await parseMetainfo(bytes)
        const start = text.indexOf(String.fromCharCode(...metainfo.infoBytes))
        expect(text.slice(start - 6, start)).toBe('4:info')
        expect(metainfo.infoHash).toBe(sha1(metainfo.infoBytes).toString('hex'))
        expect(metainfo.pieceCount).toBe(Math.ceil(metainfo.length / metainfo.pieceLength))
        expect(metainfo.files.reduce((sum, { length }) => sum + length, 0)).toBe(metainfo.length)
      },
    ),
    { numRuns: 20_000 },
  )
  expect(accepted).toBeGreaterThan(100)
})
