import { describe, expect, test } from 'vitest'
import { answerPlay, parsePlayPath, playUrl } from '../../../lib/play/answer.ts'
import { parseRange } from '../../../lib/play/range.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'

describe('a Range header', () => {
  test.each([
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=10-', { start: 10, end: 100 }],
    ['bytes=10-19', { start: 10, end: 20 }],
    ['Bytes= 10-19 ', { start: 10, end: 20 }],
    ['bytes=90-1000', { start: 90, end: 100 }],
    ['bytes=-30', { start: 70, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=20-10', null],
    ['bytes=-', null],
    ['bytes=0-1,5-6', null],
    ['items=0-1', null],
    ['bytes=1.5-2', null],
    [null, null],
  ])('%s of 100 bytes', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected)
  })

  test('of an empty file cannot be met', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable')
  })
})

const HASH = '0123456789abcdef0123456789abcdef01234567' as InfoHash

const contentOf = (...names: string[]) =>
  ({
    files: names.map((name, index) => ({ path: [name], length: 100, offset: index * 100, padding: false })),
  }) as unknown as Metainfo

test('an address names a file of a share, whatever the file is called', () => {
  for (const name of ['a b.mp4', '../../x', '#?%.txt', 'Übung 🎈.pdf']) {
    const { pathname } = new URL(playUrl(HASH, 7, name), 'http://localhost')
    expect(parsePlayPath(pathname)).toEqual({ infoHash: HASH, index: 7 })
  }
  for (const path of [
    '/play/',
    '/play/xyz/0/a',
    `/play/${HASH}/a/b`,
    `/play/${HASH}/0`,
    `/play/${HASH}/-1/a`,
  ]) {
    expect(parsePlayPath(path)).toBeNull()
  }
})

describe('an answer', () => {
  test('names the range of the file', () => {
    const content = contentOf('a.bin', 'film.mp4')
    expect(answerPlay(content, 1, 'bytes=10-19')).toMatchObject({
      status: 206,
      body: { start: 10, end: 20 },
      headers: {
        'content-type': 'video/mp4',
        'content-length': '10',
        'content-range': 'bytes 10-19/100',
        'accept-ranges': 'bytes',
      },
    })
    expect(answerPlay(content, 1, null)).toMatchObject({ status: 200, body: { start: 0, end: 100 } })
    expect(answerPlay(content, 1, 'bytes=100-')).toMatchObject({
      status: 416,
      body: null,
      headers: { 'content-range': 'bytes */100' },
    })
    expect(answerPlay(content, 2, null)).toMatchObject({ status: 404, body: null })
  })

  test.each([
    'x.html',
    'x.htm',
    'x.svg',
    'x.xml',
    'x.xhtml',
    'x.js',
    'x.mjs',
    'x.css',
    'x',
    'x.mp4.html',
    'x.constructor',
  ])('%s is never shown, only saved', name => {
    const { headers } = answerPlay(contentOf(name), 0, null)
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(headers['content-disposition']).toMatch(/^attachment;/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/)
  })
})
