import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newSecret } from '../../../lib/encryption/keys.ts'
import { formatLinkKey } from '../../../lib/encryption/link-key.ts'
import { fitCopy } from '../../../lib/heal/local-copy.ts'
import { piecesOf } from '../../../lib/torrent/piece-map.ts'
import { checkFiles } from '../../../server/node-engine/hashing/check-files.ts'
import { findFiles } from '../../../server/node-engine/hashing/local-files.ts'
import { makeEncryptedShare } from '../../../server/node-engine/hashing/make-encrypted-share.ts'
import { planTorrent } from '../../../server/node-engine/hashing/make-torrent.ts'
import { readShare } from '../../support/content/encrypted-reader.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const MiB = 1024 ** 2

const noise = (length: number, seed: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (Math.imul(at + seed, 2_654_435_761) >>> 13) & 0xff))

test('files on a disk become the share that the format asks for, in any number of workers, and are checked against it', async () => {
  using folder = tempFolder()
  const top = join(folder.path, 'odd names')
  mkdirSync(join(top, 'b'), { recursive: true })
  const files = {
    '1 empty': noise(0, 0),
    'b/large.bin': noise(19 * MiB + 12_345, 1),
    'b/small': noise(7, 2),
    'c exact': noise(2 * MiB, 3),
    'ümläut 😀': noise(40_000, 4),
  }
  for (const [path, bytes] of Object.entries(files)) writeFileSync(join(top, path), bytes)
  const found = (await findFiles(top)).files
  const plan = planTorrent(found)
  const secret = newSecret()
  const made = await makeEncryptedShare(plan, { secret, root: secret, title: 'Odd', threads: 3 })
  const { metainfo } = made
  const { outside, seal } = metainfo.sealed ?? {}
  expect(outside?.files).toHaveLength(1)

  // What is seeded has the hashes that were published, and an implementation of its own reads it.
  const content = new Blob(plan.files.map(({ path }) => files[path.join('/') as keyof typeof files]))
  const source = seal?.({
    size: content.size,
    read: async (start, end) => new Uint8Array(await content.slice(start, end).arrayBuffer()),
  })
  const cipher = Buffer.from((await source?.read(0, metainfo.length)) ?? [])
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    const bytes = cipher.subarray(piece * metainfo.pieceLength, (piece + 1) * metainfo.pieceLength)
    const digest = createHash('sha1').update(bytes).digest()
    expect(digest.equals(metainfo.pieces.subarray(20 * piece, 20 * (piece + 1)))).toBe(true)
  }
  const read = readShare(cipher, formatLinkKey({ secret, password: null }))
  expect(read).toMatchObject({ name: 'odd names', title: 'Odd', folder: true })
  for (const { bytes, path } of read.files) expect(bytes.equals(files[path as keyof typeof files])).toBe(true)
  expect(read.files.map(({ path }) => path)).toEqual(plan.files.map(({ path }) => path.join('/')))

  // A copy in plain is checked; one changed byte is one bad piece, and no other.
  const check = async () => checkFiles(metainfo, fitCopy(metainfo, (await findFiles(top)).files))
  const whole = await check()
  expect(whole.good).toEqual(whole.present)
  const large = files['b/large.bin']
  large[5 * MiB] = (large[5 * MiB] ?? 0) ^ 1
  writeFileSync(join(top, 'b/large.bin'), large)
  const { good } = await check()
  const start = metainfo.files.find(({ path }) => path.at(-1) === 'large.bin')?.offset ?? 0
  const { first = 0 } = piecesOf({ offset: start + 5 * MiB, length: 1 }, metainfo.pieceLength) ?? {}
  const expected = whole.good.slice()
  expected[first >>> 3] = (expected[first >>> 3] ?? 0) & ~(0x80 >>> (first & 7))
  expect(good).toEqual(expected)

  // Never one key stream for two contents: a file that changes meanwhile ends it.
  appendFileSync(join(top, 'b/small'), 'x')
  const late = makeEncryptedShare(plan, { secret: newSecret(), root: secret, title: '' })
  await expect(late).rejects.toMatchObject({ code: 'file_changed' })
}, 60_000)
