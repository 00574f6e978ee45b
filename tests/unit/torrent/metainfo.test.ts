import { createHash } from 'node:crypto'
import createTorrent from 'create-torrent'
import fc from 'fast-check'
import parseTorrent from 'parse-torrent'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import { type Bencode, decode, type Encodable, encode } from '../../../lib/torrent/bencode.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { encodeInfo, encodeTorrent, type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { bytesOf } from './bytes.ts'

const PIECE = 16 * 1024
const WEB_SEEDS = ['https://x.example/w/', 'http://y.example/ü?a=b']
const TRACKERS = [['wss://x.example/announce', 'https://x.example/announce'], ['wss://y.example/announce']]

type Fields = Record<string, Encodable | undefined>

/** A dictionary of the fields that are not undefined. */
const dictionary = (fields: Fields) =>
  new Map(Object.entries(fields).filter((entry): entry is [string, Encodable] => entry[1] !== undefined))

const SINGLE: Fields = { length: 5, name: 'a.txt', 'piece length': PIECE, pieces: new Uint8Array(20) }
const file = (path: Encodable, length: Encodable = 1, more: Fields = {}) =>
  dictionary({ length, path, ...more })

/** A `.torrent` of one small file, with `info` fields and top-level fields replaced; undefined removes one. */
const torrentOf = (info: Fields, top: Fields = {}) =>
  encode(dictionary({ info: dictionary({ ...SINGLE, ...info }), ...top }))
const folderOf = (...files: Encodable[]) => torrentOf({ length: undefined, files })

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

/** Hashes of the concatenated contents' pieces, the plain way. */
function hashPieces(contents: readonly Uint8Array[], pieceLength: number): Uint8Array {
  const all = Buffer.concat(contents)
  const hashes: Buffer[] = []
  for (let at = 0; at < all.length; at += pieceLength) hashes.push(sha1(all.subarray(at, at + pieceLength)))
  return Buffer.concat(hashes)
}

async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    await parseMetainfo(bytes)
    return 'accepted'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

const content = fc.record({
  contents: fc
    .array(fc.uint8Array({ maxLength: 40_000, size: 'max' }), { minLength: 1, maxLength: 5 })
    .filter(all => all.some(bytes => bytes.length > 0)),
  pieceLength: fc.constantFrom(PIECE, 2 * PIECE),
  private: fc.boolean(),
  name: fc.constantFrom('name', 'grüße', '👩‍👧', 'aux.c', '__proto__'),
})

describe('encodeInfo and encodeTorrent', () => {
  test("give create-torrent's info hash, and parse-torrent reads them the same", async () => {
    await fc.assert(
      fc.asyncProperty(content, async ({ contents, pieceLength, private: isPrivate, name }) => {
        const paths = contents.map((_, index) =>
          index % 2 === 0 ? [`${index}.bin`] : ['sub', 'ü', `${index}.bin`],
        )
        const single = contents.length === 1
        const pieces = hashPieces(contents, pieceLength)
        const sized = contents.map(({ length }, index) => ({ path: paths[index] ?? [], length }))
        const common = { name, pieceLength, pieces, private: isPrivate }
        const infoBytes = encodeInfo(
          single ? { ...common, length: contents[0]?.length ?? 0 } : { ...common, files: sized },
        )
        const ours = encodeTorrent({
          infoBytes,
          announceList: TRACKERS,
          comment: 'für dich',
          webSeeds: WEB_SEEDS,
        })

        const theirs = await new Promise<Uint8Array>((done, fail) => {
          // As files: of a Buffer without bytes create-torrent hashes one byte too many.
          const input = contents.map(
            (bytes, index) => new File([bytes], single ? name : [name, ...(paths[index] ?? [])].join('/')),
          )
          const options = {
            name,
            pieceLength,
            announceList: TRACKERS,
            urlList: WEB_SEEDS,
            ...(isPrivate ? { private: true } : {}),
          }
          createTorrent(input, options, (error, torrent) => (error ? fail(error) : done(torrent)))
        })
        const reference = await parseTorrent(theirs)
        const metainfo = await parseMetainfo(ours)
        expect(metainfo.infoHash).toBe(reference.infoHash)

        expect(await parseTorrent(ours)).toMatchObject({
          name: reference.name,
          length: reference.length,
          pieceLength: reference.pieceLength,
          lastPieceLength: reference.lastPieceLength,
          pieces: reference.pieces,
          files: reference.files,
          announce: TRACKERS.flat(),
          comment: 'für dich',
          urlList: WEB_SEEDS,
        })
        expect(metainfo).toMatchObject({
          infoBytes,
          name,
          pieceLength,
          pieceCount: reference.pieces.length,
          length: reference.length,
          singleFile: single,
          private: isPrivate,
          comment: 'für dich',
          announceList: TRACKERS,
          webSeeds: WEB_SEEDS,
        })
        expect((await parseMetainfo(theirs)).webSeeds).toEqual(WEB_SEEDS)
        expect(metainfo.files.map(({ length, offset }) => ({ length, offset }))).toEqual(
          reference.files.map(({ length, offset }) => ({ length, offset })),
        )
        expect(metainfo.files.map(({ path }) => path)).toEqual(single ? [[name]] : paths)
      }),
      { numRuns: 60 },
    )
  })

  test('announce is the first tracker, empty tiers are dropped, nothing else is added', () => {
    const infoBytes = encodeInfo({
      name: 'a',
      pieceLength: PIECE,
      pieces: new Uint8Array(20),
      private: false,
      length: 5,
    })
    const withTrackers = decode(encodeTorrent({ infoBytes, announceList: [[], ['ws://a', 'ws://b']] })).value
    expect(withTrackers).toEqual(
      new Map<string, Bencode>([
        ['announce', bytesOf('ws://a')],
        ['announce-list', [[bytesOf('ws://a'), bytesOf('ws://b')]]],
        ['info', decode(infoBytes).value],
      ]),
    )
    const bare = encodeTorrent({ infoBytes, announceList: [], comment: '', webSeeds: [] })
    expect(decode(bare).value).toEqual(new Map([['info', decode(infoBytes).value]]))
  })

  test('encodeInfo refuses what parseMetainfo would', () => {
    const fields = { name: 'a', pieceLength: PIECE, pieces: new Uint8Array(20), private: false, length: 5 }
    const refusing = (changes: object) => () => encodeInfo({ ...fields, ...changes })
    expect(refusing({ name: '..' })).toThrow(expect.objectContaining({ code: 'path_unsafe' }))
    expect(refusing({ pieceLength: 5000 })).toThrow(expect.objectContaining({ code: 'metainfo_invalid' }))
    expect(refusing({ length: 0 })).toThrow(expect.objectContaining({ code: 'metainfo_invalid' }))
    expect(refusing({ length: 1.5 })).toThrow(expect.objectContaining({ code: 'metainfo_invalid' }))
    const twice = [
      { path: ['x'], length: 1 },
      { path: ['x'], length: 1 },
    ]
    expect(refusing({ length: undefined, files: twice })).toThrow(
      expect.objectContaining({ code: 'path_duplicate' }),
    )
  })

  test('encodeTorrent refuses to pass the size limit', () => {
    const pieceCount = METAINFO_MAX_BYTES / 20
    const pieces = new Uint8Array(20 * Math.ceil(pieceCount))
    const length = Math.ceil(pieceCount) * PIECE
    const infoBytes = encodeInfo({ name: 'a', pieceLength: PIECE, pieces, private: false, length })
    expect(() => encodeTorrent({ infoBytes, announceList: [] })).toThrow(
      expect.objectContaining({ code: 'metainfo_too_large' }),
    )
  })
})

describe('parseMetainfo accepts', () => {
  test('unknown keys, as part of the info hash', async () => {
    const plain = await parseMetainfo(torrentOf({}))
    const bytes = torrentOf({ source: 'club', __proto__x: 1 }, { 'created by': 'x', nodes: [['h', 1]] })
    const extended = await parseMetainfo(bytes)
    expect(extended.infoHash).not.toBe(plain.infoHash)
    expect(extended.infoHash).toBe(sha1(decode(bytes).rawEntries.get('info') ?? bytesOf('')).toString('hex'))
    expect(extended.infoBytes).toEqual(decode(bytes).rawEntries.get('info'))
  })

  test('hostile but harmless names, byte for byte', async () => {
    const names = [
      '<script>alert(1)<',
      'שלום\u200f.txt',
      'a\u202eb',
      '👩‍👧.png',
      'u\u0308',
      '\ufeffbom',
      '__proto__',
      'x'.repeat(255),
    ]
    const parsed = await parseMetainfo(folderOf(...names.map(name => file(['dir', name]))))
    expect(parsed.files.map(({ path }) => path[1])).toEqual(names)
  })

  test('padding files (BEP 47), which may share a path', async () => {
    const pad = file(['.pad', '3'], 3, { attr: 'p' })
    const parsed = await parseMetainfo(folderOf(file(['a']), pad, file(['b'], 1, { attr: 'x' }), pad))
    expect(parsed.files.map(({ padding }) => padding)).toEqual([false, true, false, true])
    expect(parsed.files.map(({ offset }) => offset)).toEqual([0, 1, 4, 5])
    expect(parsed.length).toBe(8)
  })

  test('a hybrid torrent (BEP 52), as version 1', async () => {
    expect(await outcome(torrentOf({ 'meta version': 2, 'file tree': dictionary({}) }))).toBe('accepted')
  })

  test('an empty file beside others', async () => {
    expect(await outcome(folderOf(file(['empty'], 0), file(['a'])))).toBe('accepted')
  })

  test('a file path of a folder with one file as a folder', async () => {
    const parsed = await parseMetainfo(folderOf(file(['only'])))
    expect(parsed).toMatchObject({ singleFile: false, files: [{ path: ['only'] }] })
  })

  test.each<[Encodable | undefined, boolean]>([
    [1, true],
    [undefined, false],
    [0, false],
    [2, false],
    ['1', false],
  ])('private %j as %s', async (value, expected) => {
    expect((await parseMetainfo(torrentOf({ private: value }))).private).toBe(expected)
  })

  test('trackers and comment of any type, keeping text only', async () => {
    const list = async (top: Fields) => (await parseMetainfo(torrentOf({}, top))).announceList
    expect(await list({ announce: 'ws://a' })).toEqual([['ws://a']])
    expect(await list({ announce: 'ws://a', 'announce-list': [['ws://b'], ['ws://c', 'ws://d']] })).toEqual([
      ['ws://b'],
      ['ws://c', 'ws://d'],
    ])
    expect(await list({ announce: 'ws://a', 'announce-list': [] })).toEqual([['ws://a']])
    expect(await list({ announce: 7, 'announce-list': 'ws://b' })).toEqual([])
    const mixed = [7, 'ws://loose', ['ws://b', 8, '', bytesOf('\xff'), ['x']], [], [new Map()]]
    expect(await list({ announce: [1], 'announce-list': mixed })).toEqual([['ws://b']])
    const many = Array.from({ length: 60 }, (_, index) => [`ws://a${index}`, `ws://b${index}`])
    expect((await list({ 'announce-list': many })).flat()).toEqual(many.flat().slice(0, 100))
    expect((await parseMetainfo(torrentOf({}, { comment: 5 }))).comment).toBe('')
    expect((await parseMetainfo(torrentOf({}, { comment: bytesOf('\xff') }))).comment).toBe('')
  })

  test('reads web seeds as a list or one alone, and ignores what is neither', async () => {
    const read = async (urls: Encodable) =>
      (await parseMetainfo(torrentOf({}, { 'url-list': urls }))).webSeeds
    expect(await read('http://a/')).toEqual(['http://a/'])
    expect(await read(['http://a/', 7, '', ['http://b/'], 'http://c'])).toEqual(['http://a/', 'http://c'])
    expect(await read('')).toEqual([])
    expect(await read(7)).toEqual([])
    expect(await read(Array.from({ length: 101 }, (_, at) => `http://${at}/`))).toHaveLength(100)
    expect((await parseMetainfo(torrentOf({}, {}))).webSeeds).toEqual([])
  })

  test('a Buffer that changes afterwards, without following it', async () => {
    const buffer = Buffer.from(torrentOf({}))
    const expected = (await parseMetainfo(torrentOf({}))).infoHash
    const parsing = parseMetainfo(buffer)
    buffer.fill(0)
    const parsed = await parsing
    expect(parsed.infoHash).toBe(expected)
    expect(sha1(parsed.infoBytes).toString('hex')).toBe(expected)
  })
})

describe('parseMetainfo refuses', () => {
  test.each<[string, Uint8Array, string]>([
    ['nothing', bytesOf(''), 'metainfo_syntax'],
    ['text', bytesOf('<!doctype html>'), 'metainfo_syntax'],
    ['a truncated file', torrentOf({}).subarray(0, -1), 'metainfo_syntax'],
    ['bytes after the end', bytesOf(`${String.fromCharCode(...torrentOf({}))}\n`), 'metainfo_syntax'],
    ['a huge integer', bytesOf('d4:infod6:lengthi99999999999999999999eee'), 'metainfo_syntax'],
    ['deep nesting', bytesOf(`d4:info${'l'.repeat(10_000)}`), 'metainfo_syntax'],
    ['an info dictionary out of order', bytesOf('d4:infod4:name1:a6:lengthi1eee'), 'metainfo_not_canonical'],
    ['keys out of order around info', bytesOf('d4:infode1:ai1ee'), 'metainfo_not_canonical'],
    ['a list', bytesOf('le'), 'metainfo_invalid'],
    ['no info', bytesOf('de'), 'metainfo_invalid'],
    ['info that is text', bytesOf('d4:info1:ae'), 'metainfo_invalid'],
    ['one byte too many', new Uint8Array(METAINFO_MAX_BYTES + 1), 'metainfo_too_large'],
    ['no name', torrentOf({ name: undefined }), 'metainfo_invalid'],
    ['a name that is not UTF-8', torrentOf({ name: bytesOf('a\xff') }), 'metainfo_invalid'],
    ['a surrogate in UTF-8', torrentOf({ name: bytesOf('\xed\xa0\x80') }), 'metainfo_invalid'],
    ['an overlong slash', torrentOf({ name: bytesOf('\xc0\xaf') }), 'metainfo_invalid'],
    ['a name with ..', torrentOf({ name: '..' }), 'path_unsafe'],
    ['a name with a slash', torrentOf({ name: '/etc/passwd' }), 'path_unsafe'],
    ['a name with NUL', torrentOf({ name: 'a\0' }), 'path_unsafe'],
    ['300 characters', torrentOf({ name: 'x'.repeat(300) }), 'path_unsafe'],
    [
      'an unsafe folder name',
      torrentOf({ name: '..', length: undefined, files: [file(['a'])] }),
      'path_unsafe',
    ],
    ['.. in a path', folderOf(file(['a', '..', '..', 'b'])), 'path_unsafe'],
    ['an empty component', folderOf(file(['a', ''])), 'path_unsafe'],
    ['an empty path', folderOf(file([])), 'path_unsafe'],
    ['.. in the path of padding', folderOf(file(['a']), file(['..'], 1, { attr: 'p' })), 'path_unsafe'],
    ['a path twice', folderOf(file(['a']), file(['a'])), 'path_duplicate'],
    ['a file that is a folder', folderOf(file(['a']), file(['a', 'b'])), 'path_duplicate'],
    ['a path that is text', folderOf(file('a')), 'metainfo_invalid'],
    ['a component that is a number', folderOf(file([1])), 'metainfo_invalid'],
    ['a file that is text', folderOf('a'), 'metainfo_invalid'],
    ['files that are text', torrentOf({ length: undefined, files: 'a' }), 'metainfo_invalid'],
    ['length and files', torrentOf({ files: [file(['a'], 5)] }), 'metainfo_invalid'],
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
    ['a piece length of 8 KiB', torrentOf({ 'piece length': PIECE / 2 }), 'metainfo_invalid'],
    ['a piece length of 128 MiB', torrentOf({ 'piece length': 2 ** 27 }), 'metainfo_invalid'],
    ['a piece length that is no power of two', torrentOf({ 'piece length': 3 * PIECE }), 'metainfo_invalid'],
  ])('%s', async (_, bytes, code) => {
    expect(await outcome(bytes)).toBe(code)
  })

  test('BitTorrent v2 alone, and says so', async () => {
    const info = { length: undefined, pieces: undefined, 'meta version': 2, 'file tree': dictionary({}) }
    await expect(parseMetainfo(torrentOf(info))).rejects.toMatchObject({
      code: 'metainfo_invalid',
      detail: expect.stringContaining('v2'),
    })
  })

  test('100,001 files', async () => {
    const files = Array.from({ length: 100_001 }, (_, index) => file([String(index)]))
    const pieces = new Uint8Array(20 * Math.ceil(100_001 / PIECE))
    expect(await outcome(torrentOf({ length: undefined, files, pieces }))).toBe('metainfo_invalid')
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
