import { describe, expect, test } from 'vitest'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { bytesOf } from './bytes.ts'
import { file, folderOf, sha1, torrentOf } from './torrents.ts'

// These were refused once. Files of such forms are in use, and other programs read them.
describe('parseMetainfo reads what others wrote', () => {
  const rawOf = (info: string, around = '') => bytesOf(`d4:info${info}${around}e`)
  const pieces = `6:pieces20:${'\0'.repeat(20)}`
  const UNSORTED = `d4:name1:a6:lengthi5e12:piece lengthi16384e${pieces}e`

  test('keys in any order, repeated keys, and bytes after the end, with the info hash of the bytes as they are', async () => {
    for (const around of ['', '8:announce5:ws://', '4:infode']) {
      const parsed = await parseMetainfo(rawOf(UNSORTED, around))
      expect(parsed.infoHash).toBe(sha1(bytesOf(UNSORTED)).toString('hex'))
      expect(parsed.infoBytes).toEqual(bytesOf(UNSORTED))
      expect(parsed.irregularities.size).toBeGreaterThan(0)
    }
    const trailing = await parseMetainfo(bytesOf(`${String.fromCharCode(...torrentOf({}))}\r\n`))
    expect(trailing.infoHash).toBe((await parseMetainfo(torrentOf({}))).infoHash)
    expect([...trailing.irregularities]).toEqual(['bytes_after_end'])
  })

  test('an irregular info dictionary keeps its hash in the `.torrent` that is made around it', async () => {
    const parsed = await parseMetainfo(rawOf(UNSORTED))
    const again = await parseMetainfo(
      encodeTorrent({ infoBytes: parsed.infoBytes, announceList: [['ws://a']] }),
    )
    expect(again.infoHash).toBe(parsed.infoHash)
  })

  test.each<[number]>([[8192], [1_000_000], [786_432], [2 ** 27]])(
    'a piece length of %d',
    async pieceLength => {
      expect(await parseMetainfo(torrentOf({ 'piece length': pieceLength }))).toMatchObject({
        pieceLength,
        pieceCount: 1,
      })
    },
  )

  test.each<[string, string, string]>([
    ['..', '..', '_'],
    ['an absolute path', '/etc/passwd', '_etc_passwd'],
    ['a slash', 'Haiku R1/beta6 (x86_64)', 'Haiku R1_beta6 (x86_64)'],
    ['a backslash', 'a\\b.txt', 'a_b.txt'],
    ['NUL', 'a\0', 'a_'],
    ['nothing', '', '_'],
    ['300 letters', `${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(252)}.gz`],
    ['90 Japanese letters', `${'日'.repeat(90)}.txt`, `${'日'.repeat(83)}.txt`],
  ])('a name that cannot be saved, under one that can: %s', async (_, stated, saved) => {
    const single = await parseMetainfo(torrentOf({ name: stated }))
    expect(single).toMatchObject({
      statedName: stated,
      name: saved,
      files: [{ path: [saved], statedPath: [stated] }],
    })
    const below = await parseMetainfo(folderOf(file(['dir', stated]), file([stated, 'b'])))
    expect(below.files.map(({ path }) => path)).toEqual([
      ['dir', saved],
      [saved, 'b'],
    ])
    expect(below.files.map(({ statedPath }) => statedPath)).toEqual([
      ['dir', stated],
      [stated, 'b'],
    ])
  })

  test('UTF-8 names beside others, and names in the stated encoding', async () => {
    const gbk = '\xd6\xd0\xce\xc4'
    const both = torrentOf({
      name: bytesOf(gbk),
      'name.utf-8': '中文',
      length: undefined,
      files: [file([bytesOf(gbk)], 5, { 'path.utf-8': ['文'] })],
    })
    expect(await parseMetainfo(both)).toMatchObject({ name: '中文', files: [{ path: ['文'] }] })
    expect((await parseMetainfo(torrentOf({ name: bytesOf(gbk) }, { encoding: 'GBK' }))).name).toBe('中文')
    expect((await parseMetainfo(torrentOf({ name: bytesOf(gbk) }, { codepage: 936 }))).name).toBe('中文')
    expect((await parseMetainfo(torrentOf({ name: 'ü' }, { encoding: 'GBK' }))).name).toBe('ü')
    expect(
      (await parseMetainfo(torrentOf({ name: bytesOf('a\xff') }, { encoding: 'no such thing' }))).name,
    ).toBe('a\ufffd')
    expect((await parseMetainfo(torrentOf({ name: bytesOf('\xc0\xaf') }))).name).toBe('\ufffd\ufffd')
  })

  test('paths that are there twice, or are file and folder, at places of their own', async () => {
    const twice = folderOf(
      file(['a.txt']),
      file(['a.txt']),
      file(['b', 'c']),
      file(['b']),
      file(['x/y']),
      file(['x_y']),
    )
    expect((await parseMetainfo(twice)).files.map(({ path }) => path.join('/'))).toEqual([
      'a.txt',
      'a (1).txt',
      'b/c',
      'b (1)',
      'x_y (1)',
      'x_y',
    ])
  })

  test('padding of programs before BEP 47', async () => {
    const padding = ['_____padding_file_0_something_____']
    const parsed = await parseMetainfo(
      folderOf(file(['a']), file(padding), file(['.pad', '12']), file(['.pad', 'x'])),
    )
    expect(parsed.files.map(file => file.padding)).toEqual([false, true, true, false])
  })
})
