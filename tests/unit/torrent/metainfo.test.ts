import createTorrent from 'create-torrent'
import fc from 'fast-check'
import parseTorrent from 'parse-torrent'
import { describe, expect, test } from 'vitest'
import { type Bencode, decode, type Encodable } from '../../../lib/torrent/bencode.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { bytesOf } from './bytes.ts'
import { dictionary, type Fields, file, folderOf, outcome, PIECE, sha1, torrentOf } from './torrents.ts'

const WEB_SEEDS = ['https://x.example/w/', 'http://y.example/ü?a=b']
const TRACKERS = [['wss://x.example/announce', 'https://x.example/announce'], ['wss://y.example/announce']]

/** Hashes of the concatenated contents' pieces, the plain way. */
function hashPieces(contents: readonly Uint8Array[], pieceLength: number): Uint8Array {
  const all = Buffer.concat(contents)
  const hashes: Buffer[] = []
  for (let at = 0; at < all.length; at += pieceLength) hashes.push(sha1(all.subarray(at, at + pieceLength)))
  return Buffer.concat(hashes)
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

  test('encodeInfo refuses what parseMetainfo refuses', () => {
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

  test('encodeTorrent refuses to exceed the size limit', () => {
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
    expect((await parseMetainfo(torrentOf({}, { comment: bytesOf('a\xff') }))).comment).toBe('a\ufffd')
  })

  test('web seeds as a list or one URL, ignoring other values', async () => {
    const read = async (urls: Encodable) =>
      (await parseMetainfo(torrentOf({}, { 'url-list': urls }))).webSeeds
    expect(await read('http://a/')).toEqual(['http://a/'])
    expect(await read(['http://a/', 7, '', ['http://b/'], 'http://c'])).toEqual(['http://a/', 'http://c'])
    expect(await read('')).toEqual([])
    expect(await read(7)).toEqual([])
    expect(await read(Array.from({ length: 101 }, (_, at) => `http://${at}/`))).toHaveLength(100)
    expect((await parseMetainfo(torrentOf({}, {}))).webSeeds).toEqual([])
  })

  test('a Buffer that changes afterwards, without effect on the result', async () => {
    const buffer = Buffer.from(torrentOf({}))
    const expected = (await parseMetainfo(torrentOf({}))).infoHash
    const parsing = parseMetainfo(buffer)
    buffer.fill(0)
    const parsed = await parsing
    expect(parsed.infoHash).toBe(expected)
    expect(sha1(parsed.infoBytes).toString('hex')).toBe(expected)
  })
})
