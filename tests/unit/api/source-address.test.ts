import { describe, expect, test } from 'vitest'
import { parseSourceAddress, type SourceAddress } from '../../../lib/api/source-address.ts'

const HASH = '0123456789abcdef0123456789abcdef01234567'
const BASE32 = 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH'
const at = (origin: string | null) => ({ kind: 'share', origin, infoHash: HASH })

describe('parseSourceAddress', () => {
  test.each<[string, Partial<SourceAddress> | object]>([
    [`http://127.0.0.1:3401/d/${HASH}`, at('http://127.0.0.1:3401')],
    [`http://127.0.0.1:3401/d/${HASH}/`, at('http://127.0.0.1:3401')],
    [`https://share.example.org/d/${HASH.toUpperCase()}?x=1#y`, at('https://share.example.org')],
    [`https://share.example.org/embed/${HASH}`, at('https://share.example.org')],
    [`https://share.example.org/w/${HASH}/a%20b.iso`, at('https://share.example.org')],
    [`https://share.example.org/t/${HASH}.torrent`, at('https://share.example.org')],
    [`https://share.example.org/status/${HASH}`, at('https://share.example.org')],
    [` <https://share.example.org/d/${HASH}>\n`, at('https://share.example.org')],
    [`"https://share.example.org/d/${HASH}"`, at('https://share.example.org')],
    [`127.0.0.1:3401/d/${HASH}`, at('http://127.0.0.1:3401')],
    [`localhost:3000/d/${HASH}`, at('http://localhost:3000')],
    [`[::1]:3000/d/${HASH}`, at('http://[::1]:3000')],
    [`share.example.org/d/${HASH}`, at('https://share.example.org')],
    [HASH, at(null)],
    [HASH.toUpperCase(), at(null)],
    [BASE32, at(null)],
    [
      'https://example.org/a/debian.torrent?x=1&amp;y=2',
      { kind: 'torrent-url', url: 'https://example.org/a/debian.torrent?x=1&y=2' },
    ],
    ['file:///srv/a%20b.torrent', { kind: 'file-url', url: 'file:///srv/a%20b.torrent' }],
    ['debian.torrent', { kind: 'path', path: 'debian.torrent' }],
    ['./d/x.torrent', { kind: 'path', path: './d/x.torrent' }],
    ['C:\\torrents\\x.torrent', { kind: 'path', path: 'C:\\torrents\\x.torrent' }],
    [`${HASH}0`, { kind: 'path', path: `${HASH}0` }],
  ])('%s', (text, expected) => {
    expect(parseSourceAddress(text)).toEqual(expected)
  })

  test('a magnet link out of a web page', () => {
    const text = `<magnet:?xt=urn:btih:${HASH}&amp;dn=a&amp;tr=ws%3A%2F%2Fa>`
    expect(parseSourceAddress(text)).toMatchObject({
      kind: 'magnet',
      magnet: { infoHash: HASH, trackers: ['ws://a'] },
    })
  })

  test('a magnet link without an info hash is one that is wrong, not a file', () => {
    expect(() => parseSourceAddress('magnet:?dn=a')).toThrow(
      expect.objectContaining({ code: 'magnet_invalid' }),
    )
  })
})
