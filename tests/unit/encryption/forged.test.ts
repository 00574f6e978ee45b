import { describe, expect, it } from 'vitest'
import { encodeHeader, HEADER_BYTES, readHeader } from '../../../lib/encryption/header.ts'
import { deriveKeys, keyCheckOf, newSecret } from '../../../lib/encryption/keys.ts'
import { openHead, requireKey } from '../../../lib/encryption/manifest.ts'
import { makeEncryptedShare } from '../../support/content/encrypted-share.ts'

const OUTER = { length: 1024 * 1024, pieceLength: 32 * 1024 }

/** The head of a share whose publisher means ill: any text may be sealed as its list of files. */
async function forge(index: string | Uint8Array<ArrayBuffer>, hashes = 1) {
  const secret = newSecret()
  const keys = await deriveKeys(secret)
  const list = typeof index === 'string' ? new TextEncoder().encode(index) : index
  const contentStart = Math.ceil((HEADER_BYTES + 20 + list.length + 32 * hashes) / 32_768) * 32_768
  const iv = new Uint8Array(12)
  const header = encodeHeader({ contentStart, keyCheck: await keyCheckOf(secret), iv })
  const plain = new Uint8Array(contentStart - HEADER_BYTES - 16)
  new DataView(plain.buffer).setUint32(0, list.length)
  plain.set(list, 4)
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: header },
    keys.manifest,
    plain,
  )
  const head = new Uint8Array(contentStart)
  head.set(header)
  head.set(new Uint8Array(sealed), HEADER_BYTES)
  return { head, opening: { secret, keys } }
}

const listOf = (files: readonly unknown[], more: object = {}) =>
  JSON.stringify({ name: 'n', folder: true, title: '', description: '', files, ...more })

const forged = { code: 'content_forged' }

describe('a list of files that nobody may believe', () => {
  it('is believed when nothing is wrong with it', async () => {
    const { head, opening } = await forge(listOf([['a/b', 5, null, 0]]))
    expect(await openHead(head, opening, OUTER)).toMatchObject({ contentLength: 5, name: 'n' })
  })

  it.each([
    ['..', listOf([['../b', 5, null, 0]])],
    ['.. at the end', listOf([['a/..', 5, null, 0]])],
    ['an absolute path', listOf([['/etc/passwd', 5, null, 0]])],
    ['NUL', listOf([['a\u0000b', 5, null, 0]])],
    ['a backslash', listOf([['..\\b', 5, null, 0]])],
    ['an empty name', listOf([['', 5, null, 0]])],
    ['a name over 255 bytes', listOf([['x'.repeat(256), 5, null, 0]])],
    ['a folder called ..', listOf([['a', 5, null, 0]], { name: '..' })],
    ['a folder with a slash', listOf([['a', 5, null, 0]], { name: 'a/b' })],
    ['half a surrogate', listOf([['\ud800', 5, null, 0]])],
    [
      'a path that stands twice',
      listOf([
        ['a', 5, null, 0],
        ['a', 6, null, 0],
      ]),
    ],
    [
      'a file that is a folder too',
      listOf([
        ['a', 5, null, 0],
        ['a/b', 6, null, 0],
      ]),
    ],
    ['no file', listOf([])],
    ['a negative size', listOf([['a', -1, null, 0]])],
    ['half a byte', listOf([['a', 0.5, null, 0]])],
    ['a size that is text', listOf([['a', '5', null, 0]])],
    ['more bytes than there are', listOf([['a', 9 * 1024 * 1024, null, 0]])],
    [
      'far more bytes',
      listOf([
        ['a', Number.MAX_SAFE_INTEGER, null, 0],
        ['b', Number.MAX_SAFE_INTEGER, null, 0],
      ]),
    ],
    ['an impossible time', listOf([['a', 5, 1e18, 0]])],
    ['another flag', listOf([['a', 5, null, 2]])],
    ['too few fields', listOf([['a', 5]])],
    [
      'one file that are two',
      listOf(
        [
          ['a', 5, null, 0],
          ['b', 5, null, 0],
        ],
        { folder: false },
      ),
    ],
    ['100,001 files', listOf(Array.from({ length: 100_001 }, (_, at) => [`f${at}`, 0, null, 0]))],
    ['a title of a megabyte', listOf([['a', 5, null, 0]], { title: 'x'.repeat(1024 * 1024) })],
    ['a title that is a number', listOf([['a', 5, null, 0]], { title: 1 })],
    ['a list', '[]'],
    ['null', 'null'],
    ['no JSON', '{"name":'],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['nothing', ''],
  ])('%s', async (_, index) => {
    const { head, opening } = await forge(index)
    await expect(openHead(head, opening, { ...OUTER, length: 8 * OUTER.length })).rejects.toMatchObject(
      forged,
    )
  })

  it('has fewer hashes than chunks', async () => {
    const index = listOf([['a', 2 ** 31, null, 0]])
    const { head, opening } = await forge(index)
    const outer = { length: 2 ** 32, pieceLength: 32_768 }
    await expect(openHead(head, opening, outer)).rejects.toMatchObject(forged)
  })

  it('takes 100,000 files', async () => {
    const names = Array.from({ length: 100_000 }, (_, at) => [`folder/${at}`, 1, null, 0])
    const { head, opening } = await forge(listOf(names), 100_000)
    const manifest = await openHead(head, opening, { length: 64 * OUTER.length, pieceLength: 32_768 })
    expect(manifest.files).toHaveLength(100_000)
  })
})

describe('a head that was changed', () => {
  it('is refused wherever a bit is wrong, cut, and of another share', async () => {
    const share = await makeEncryptedShare({ 'a.txt': new Uint8Array(10) })
    const other = await makeEncryptedShare({ 'a.txt': new Uint8Array(10) })
    const { head, plan } = share
    const places = [...Array(HEADER_BYTES).keys(), HEADER_BYTES, 100, 5000, head.length - 17, head.length - 1]
    for (const at of places) {
      const changed = head.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x10
      const isKeyCheck = at >= 16 && at < 32
      const code = isKeyCheck ? 'key_wrong' : 'content_forged'
      await expect(openHead(changed, share, plan)).rejects.toMatchObject({ code })
    }
    for (const end of [0, 8, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 8, head.length - 1]) {
      await expect(openHead(head.slice(0, end), share, plan)).rejects.toMatchObject(forged)
    }
    await expect(openHead(other.head, share, plan)).rejects.toMatchObject({ code: 'key_wrong' })
    await expect(requireKey(readHeader(other.head, plan), share.secret)).rejects.toMatchObject({
      code: 'key_wrong',
    })
    // The manifest of one share behind the header of another.
    const swapped = other.head.slice()
    swapped.set(head.subarray(0, HEADER_BYTES))
    await expect(openHead(swapped, share, plan)).rejects.toMatchObject(forged)
    await expect(openHead(head, share, { ...plan, length: head.length + 9 })).rejects.toMatchObject(forged)
  })

  it('has a size that no share has', () => {
    const header = (contentStart: number) =>
      encodeHeader({ contentStart, keyCheck: new Uint8Array(16), iv: new Uint8Array(12) })
    for (const contentStart of [0, 32, 32_769, 2 ** 40 * 32_768, 2 * 1024 * 1024]) {
      expect(() => readHeader(header(contentStart), OUTER)).toThrow(expect.objectContaining(forged))
    }
    expect(readHeader(header(32_768), OUTER).contentStart).toBe(32_768)
  })
})
