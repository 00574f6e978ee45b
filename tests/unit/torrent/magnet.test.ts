import fc from 'fast-check'
import parseTorrent from 'parse-torrent'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { formatMagnet, type Magnet, parseMagnet } from '../../../lib/torrent/magnet.ts'

const HEX = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a' as InfoHash
const BASE32 = 'YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK'

const infoHash = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map(bytes => Buffer.from(bytes).toString('hex') as InfoHash)
const text = fc.string({ unit: 'grapheme' })
const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true }),
  text.filter(value => value !== ''),
)
const magnet: fc.Arbitrary<Magnet> = fc.record({
  infoHash,
  name: fc.oneof(text, fc.constantFrom('a & b = c + d', "it's (100%) *new*!", '<script>', '#?/', 'ü 👩‍👧')),
  trackers: fc.array(url, { maxLength: 4 }),
  source: fc.option(url),
  length: fc.option(fc.maxSafeNat()),
  webSeeds: fc.array(url, { maxLength: 2 }),
  peers: fc.uniqueArray(fc.constantFrom('192.0.2.1:6881', '[2001:db8::1]:1', 'peer.example:65535'), {
    maxLength: 3,
  }),
})

describe('formatMagnet', () => {
  test('is the inverse of parseMagnet', () => {
    fc.assert(
      fc.property(magnet, value => {
        expect(parseMagnet(formatMagnet(value))).toEqual(value)
      }),
      { numRuns: 2000 },
    )
  })

  test('uses only characters that need no quoting anywhere', () => {
    fc.assert(
      fc.property(magnet, value => {
        expect(formatMagnet(value)).toMatch(
          /^magnet:\?xt=urn:btih:[0-9a-f]{40}(&(dn|xl|tr|xs|ws|x\.pe)=([\w.~-]|%[0-9A-F]{2})*)*$/,
        )
      }),
    )
  })

  test('follows the standard', () => {
    const link = formatMagnet({
      infoHash: HEX,
      name: "a b+c's",
      trackers: ['wss://x.example/announce', 'https://x.example/announce'],
      source: 'https://x.example/t.torrent',
      length: 5,
    })
    expect(link).toBe(
      `magnet:?xt=urn:btih:${HEX}&dn=a%20b%2Bc%27s&xl=5&tr=wss%3A%2F%2Fx.example%2Fannounce` +
        '&tr=https%3A%2F%2Fx.example%2Fannounce&xs=https%3A%2F%2Fx.example%2Ft.torrent',
    )
  })

  test('parse-torrent reads it the same way', async () => {
    const trackers = ['wss://x.example/announce?a=1&b=2', 'http://x.example/announce']
    const link = formatMagnet({
      infoHash: HEX,
      name: 'ü & b',
      trackers,
      source: null,
      length: 9,
      webSeeds: [],
    })
    const parsed = await parseTorrent(link)
    expect(parsed).toMatchObject({ infoHash: HEX, name: 'ü & b', announce: trackers })
  })

  test('a lone surrogate in a name becomes U+FFFD', () => {
    const link = formatMagnet({ infoHash: HEX, name: 'a\ud800', trackers: [], source: null, length: null })
    expect(parseMagnet(link).name).toBe('a\ufffd')
  })
})

describe('parseMagnet', () => {
  test.each([
    `magnet:?xt=urn:btih:${HEX}`,
    `MAGNET:?xt=urn:btih:${HEX}`,
    `magnet:?xt=URN:BTIH:${HEX.toUpperCase()}`,
    `magnet:?xt=urn:btih:${BASE32}`,
    `magnet:?xt=urn:btih:${BASE32.toLowerCase()}`,
    `magnet:?xt=urn%3Abtih%3A${HEX}`,
    `magnet:?xt=urn:btmh:1220caf1&xt=urn:btih:${HEX}`,
    `  magnet:?dn=x&xt=urn:btih:${HEX}\n`,
  ])('takes %j', link => {
    expect(parseMagnet(link).infoHash).toBe(HEX)
  })

  test('base32 is the same 20 bytes as hex', () => {
    expect(parseMagnet(`magnet:?xt=urn:btih:${'A'.repeat(32)}`).infoHash).toBe('0'.repeat(40))
    expect(parseMagnet(`magnet:?xt=urn:btih:${'7'.repeat(32)}`).infoHash).toBe('f'.repeat(40))
    expect(parseMagnet(`magnet:?xt=urn:btih:B${'A'.repeat(31)}`).infoHash).toBe(`08${'0'.repeat(38)}`)
  })

  test('takes peers at every kind of address', () => {
    const peers = ['192.0.2.1:6881', '[2001:db8::1]:80', 'peer.example.org:65535', 'localhost:1']
    const link = `magnet:?xt=urn:btih:${HEX}${peers.map(peer => `&x.pe=${peer}`).join('')}&x.pe=localhost%3A1`
    expect(parseMagnet(link).peers).toEqual(peers)
  })

  test('ignores unknown parameters and an xl that is not a size', () => {
    const link = `magnet:?xt=urn:btih:${HEX}&dn=a+b&x.pe=1.2.3.4:5&x.pe=&x.pe=a%20b:1&x.pe=1.2.3.4&x.pe=1.2.3.4:0&x.pe=h:65536&x.pe=[::1:2&tr=&xl=-5&__proto__=x&&=`
    expect(parseMagnet(link)).toEqual({
      infoHash: HEX,
      name: 'a b',
      trackers: [],
      source: null,
      length: null,
      webSeeds: [],
      peers: ['1.2.3.4:5'],
    })
    expect(parseMagnet(`magnet:?xt=urn:btih:${HEX}&xl=9007199254740993`).length).toBeNull()
  })

  test.each([
    '',
    'magnet:',
    'magnet:?',
    'magnet:?dn=x',
    `http://x.example/?xt=urn:btih:${HEX}`,
    `magnet:?xt=urn:btih:${HEX.slice(1)}`,
    `magnet:?xt=urn:btih:${HEX}0`,
    `magnet:?xt=urn:btih:${'1'.repeat(32)}`,
    `magnet:?xt=urn:btih:${'g'.repeat(40)}`,
    'magnet:?xt=urn:btmh:1220caf1',
    'magnet:?xt=urn:sha1:ABC',
    'magnet:?xt=%E0%A4%A',
  ])('refuses %j', link => {
    expect(() => parseMagnet(link)).toThrow(expect.objectContaining({ code: 'magnet_invalid' }))
  })
})
