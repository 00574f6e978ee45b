import { Buffer } from 'node:buffer'
import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { xorContent } from '../../../lib/encryption/cipher.ts'
import { readHeader } from '../../../lib/encryption/header.ts'
import { deriveKeyBytes, deriveKeys, newSecret } from '../../../lib/encryption/keys.ts'
import { openHead, requireKey } from '../../../lib/encryption/manifest.ts'
import { encodeOuterInfo, isEncrypted, openedMetainfo } from '../../../lib/encryption/outer.ts'
import { padme } from '../../../lib/encryption/padme.ts'
import { lock } from '../../../lib/encryption/password.ts'
import { planEncrypted } from '../../../lib/encryption/plan.ts'
import { readVerified } from '../../../lib/encryption/verified-read.ts'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { readShare } from '../../support/content/encrypted-reader.ts'
import { makeEncryptedShare } from '../../support/content/encrypted-share.ts'
import vectors from '../../support/content/encryption-vectors.json' with { type: 'json' }

const MiB = 1024 ** 2

/** Bytes that differ at every place, the same in every run. */
function bytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state >> 16
  })
}

const files = {
  'a/ümläut 😀.txt': bytes(37, 1),
  'big.bin': bytes(2 * MiB + 5, 2),
  empty: new Uint8Array(),
  'run.sh': bytes(1000, 3),
}

const concat = async (parts: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

describe('an encrypted share', () => {
  it('is what docs/encryption.md says: an implementation of its own reads it', async () => {
    const share = await makeEncryptedShare(files, { title: 'Summer', description: 'Two\nlines' })
    const read = readShare(Buffer.from(share.bytes), share.linkKey)
    expect(read).toMatchObject({ name: 'holiday', folder: true, title: 'Summer', description: 'Two\nlines' })
    expect(read.files.map(({ path }) => path)).toEqual(Object.keys(files))
    for (const { bytes, path } of read.files) {
      expect(bytes.equals(files[path as keyof typeof files])).toBe(true)
    }
    expect(read.files.map(({ executable }) => executable)).toEqual([0, 0, 0, 1])
    expect(read.tail.every(byte => byte === 0)).toBe(true)
    expect(share.bytes.length).toBe(padme(share.plan.contentStart + share.plan.contentLength))
    expect(share.plan.contentStart % share.plan.pieceLength).toBe(0)
  })

  it('opens with its password only', async () => {
    const locked = await lock(newSecret(), 'correct horse')
    const share = await makeEncryptedShare({ 'one.txt': bytes(100, 4) }, { ...locked, singleFile: true })
    expect(readShare(Buffer.from(share.bytes), share.linkKey, 'correct horse')).toMatchObject({
      name: 'one.txt',
      folder: false,
    })
    expect(() => readShare(Buffer.from(share.bytes), share.linkKey, 'wrong')).toThrow('password')
    // The key check is of the secret alone; the manifest opens with the root only.
    const keys = await deriveKeys(share.secret)
    const header = readHeader(share.head, share.plan)
    await requireKey(header, share.secret)
    const opened = openHead(share.head, { secret: share.secret, keys }, share.plan)
    await expect(opened).rejects.toMatchObject({ code: 'content_forged' })
  }, 60_000)

  it('has in it none of what it hides', async () => {
    const share = await makeEncryptedShare(files, { title: 'Summer' })
    const all = Buffer.from(share.bytes)
    for (const word of ['holiday', 'big.bin', 'Summer', 'run.sh']) expect(all.includes(word)).toBe(false)
    expect(all.includes(Buffer.from(files['big.bin'].subarray(0, 32)))).toBe(false)
    expect(all.includes(Buffer.from(share.secret))).toBe(false)
    // Zeros at the end are encrypted too.
    expect(all.includes(Buffer.alloc(32))).toBe(false)
  })

  it('gives any range of a file, checked', async () => {
    const share = await makeEncryptedShare(files)
    const manifest = await openHead(share.head, share, share.plan)
    expect(manifest.contentLength).toBe(2 * MiB + 5 + 1037)
    const read = async (start: number, end: number) => share.bytes.slice(start, end)
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [5, 37],
      [MiB - 3, MiB + 3],
      [0, 2 * MiB + 5],
      [2 * MiB + 4, 2 * MiB + 5],
    ] as const) {
      const got = await concat(readVerified({ ...share, manifest, read }, 1, start, end))
      expect(got.equals(files['big.bin'].subarray(start, end))).toBe(true)
    }
    await expect(concat(readVerified({ ...share, manifest, read }, 1, 0, 3 * MiB))).rejects.toMatchObject({
      code: 'bad_request',
    })
  })

  it('hands out nothing of a chunk in which a bit was changed', async () => {
    const share = await makeEncryptedShare(files)
    const manifest = await openHead(share.head, share, share.plan)
    const file = manifest.files[1]
    const changed = share.bytes.slice()
    const at = manifest.contentStart + (file?.offset ?? 0) + MiB + 7
    changed[at] = (changed[at] ?? 0) ^ 1
    const read = async (start: number, end: number) => changed.slice(start, end)
    const got: Uint8Array[] = []
    const readAll = async () => {
      for await (const part of readVerified({ ...share, manifest, read }, 1, 0, 2 * MiB + 5)) got.push(part)
    }
    await expect(readAll()).rejects.toMatchObject({ code: 'content_forged', detail: 'big.bin' })
    expect(got.map(({ length }) => length)).toEqual([MiB])
  })

  it('encrypts any range as the whole does, far beyond 4 GiB too', async () => {
    const keys = await deriveKeys(newSecret())
    const plain = bytes(200, 9)
    for (const base of [0, 2 ** 32 * 16 - 64, 2 ** 50]) {
      const whole = await xorContent(keys, base, plain)
      for (const at of [0, 1, 15, 16, 17, 64, 150]) {
        expect(await xorContent(keys, base + at, plain.slice(at))).toEqual(whole.slice(at))
      }
    }
  })

  it('encrypts long ranges as OpenSSL does, in parts, and into memory that is given', async () => {
    const secret = newSecret()
    const keys = await deriveKeys(secret)
    const { content, nonce } = await deriveKeyBytes(secret)
    const cipher = createCipheriv('aes-256-ctr', content, Buffer.concat([nonce, Buffer.alloc(8)]))
    const plain = bytes(1.3 * MiB, 3)
    const whole = cipher.update(plain)
    for (const at of [0, 5, 16]) {
      const expected = whole.subarray(at)
      expect(expected.equals(await xorContent(keys, at, plain.slice(at)))).toBe(true)
      const memory = plain.slice(at)
      expect(await xorContent(keys, at, memory, memory)).toBe(memory)
      expect(expected.equals(memory)).toBe(true)
    }
  })

  it('shows its files where they are in the ciphertext, under names that can be saved', async () => {
    const share = await makeEncryptedShare({ '.tabseed': bytes(5, 5), 'b/c': bytes(7, 6) })
    const manifest = await openHead(share.head, share, share.plan)
    const { length, pieceLength } = share.plan
    const pieces = new Uint8Array(20 * Math.ceil(length / pieceLength))
    const infoBytes = await encodeOuterInfo(share.plan, share.secret, pieces)
    const outer = await parseMetainfo(encodeTorrent({ infoBytes, announceList: [] }))
    expect(outer.name).toMatch(/^encrypted-[0-9a-f]{8}\.tabseed$/)
    expect(outer).toMatchObject({ singleFile: true, length, pieceLength, private: false, source: '' })
    expect(isEncrypted(outer)).toBe(true)
    expect(isEncrypted({ ...outer, statedName: 'encrypted-1.tabseed' })).toBe(false)
    const { contentStart } = share.plan
    const opened = openedMetainfo(outer, manifest)
    expect(opened).toMatchObject({ name: 'holiday', singleFile: false })
    expect(opened.files.map(({ length, offset, path }) => [path.join('/'), offset, length])).toEqual([
      ['_tabseed', contentStart, 5],
      ['b/c', contentStart + 5, 7],
    ])
  })
})

describe('the test vectors', () => {
  it.each(vectors.shares)(
    '$about',
    async ({ ciphertext, files, key, password, title }) => {
      const share = Buffer.from(ciphertext, 'base64')
      const read = readShare(share, key, password ?? undefined)
      expect(read.title).toBe(title)
      expect(read.files.map(({ bytes, path }) => [path, bytes.toString('latin1')])).toEqual(files)
    },
    60_000,
  )
})

describe('padding', () => {
  it('follows Padmé', () => {
    for (const [length, padded] of [
      [0, 0],
      [1, 1],
      [9, 10],
      [100, 104],
      [1000, 1024],
      [2 ** 30 + 1, 2 ** 30 + 2 ** 25],
      [2 ** 40 + 1, 2 ** 40 + 2 ** 34],
    ] as const) {
      expect(padme(length)).toBe(padded)
    }
  })

  it('costs 12 % at most, and never shortens', () => {
    for (let length = 1; length < 2 ** 50; length = Math.ceil(length * 1.37)) {
      expect(padme(length)).toBeGreaterThanOrEqual(length)
      expect(padme(length) / length).toBeLessThanOrEqual(1.12)
    }
  })
})

describe('the plan', () => {
  const many = (count: number, length: number) => ({
    name: 'many',
    singleFile: false,
    title: '',
    description: '',
    files: Array.from({ length: count }, (_, index) => ({
      path: [`folder ${index % 100}`, `file with a usual name ${index}.bin`],
      length,
      modified: 1_700_000_000,
      executable: false,
    })),
  })

  it('takes 100,000 files, and a terabyte, with a list of bounded size', () => {
    const small = planEncrypted(many(100_000, 1000))
    expect(small.contentStart).toBeLessThan(13 * MiB)
    expect(small.chunkLength).toBe(MiB)
    const large = planEncrypted(many(10, 10 ** 11))
    expect(large.chunkLength).toBe(4 * MiB)
    expect(large.contentStart).toBeLessThanOrEqual(16 * MiB)
    expect(large.length / 10 ** 12).toBeLessThan(1.02)
  })

  it('refuses more than that', () => {
    const tooMuch = expect.objectContaining({ code: 'metainfo_too_large' })
    expect(() => planEncrypted(many(100_001, 1))).toThrow(tooMuch)
    expect(() => planEncrypted(many(1, 5 * 2 ** 40))).toThrow(tooMuch)
  })

  it('says nothing of what kind of files they are', () => {
    const plan = (name: string) => {
      const { contentStart, length, pieceLength } = planEncrypted({
        ...many(1, 3 * 2 ** 30),
        singleFile: true,
        name,
        files: [{ path: [name], length: 3 * 2 ** 30, modified: null, executable: false }],
      })
      return { contentStart, length, pieceLength }
    }
    expect(plan('film.mp4')).toEqual(plan('list.csv'))
  })
})
