import { describe, expect, test } from 'vitest'
import { openShare } from '../../../lib/encryption/opened-share.ts'
import { sealedSource } from '../../../lib/encryption/sealed-source.ts'
import { chunksIn } from '../../../lib/hashing/chunks.ts'
import type { ByteSource } from '../../../lib/torrent/metainfo.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { encryptedTorrent, makeEncryptedShare } from '../../support/content/encrypted-share.ts'
import { noise } from '../../support/content/fixtures.ts'

const FILES = { 'a/empty': noise(0), 'a/long': noise(2_500_000, 2), b: noise(777, 3) }

async function opened() {
  const made = await makeEncryptedShare(FILES, { title: 'A title' })
  const outside = await parseMetainfo(await encryptedTorrent(made))
  const metainfo = await openShare(outside, { secret: made.secret, root: made.secret, head: made.head })
  const { sealed } = metainfo
  if (!sealed) throw new TypeError('it is open')
  return { made, metainfo, sealed }
}

const sourceOf = (bytes: Uint8Array<ArrayBuffer>): ByteSource => ({
  size: bytes.length,
  read: async (start, end) => bytes.slice(start, end),
})

/** Chunks of an odd length, as a network brings them. */
function streamOf(bytes: Uint8Array<ArrayBuffer>, start: number, end: number) {
  let at = start
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const next = Math.min(end, at + 100_003)
      if (at < next) controller.enqueue(bytes.slice(at, next))
      at = next
      if (at >= end) controller.close()
    },
  })
}

const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) =>
  Buffer.from(await new Response(stream).arrayBuffer())

describe('an opened share', () => {
  test('has the files inside where their bytes are, and is outside what it was', async () => {
    const { made, metainfo, sealed } = await opened()
    expect(metainfo.files.map(({ path, length }) => [path.join('/'), length])).toEqual([
      ['a/empty', 0],
      ['a/long', 2_500_000],
      ['b', 777],
    ])
    expect(metainfo.files[0]?.offset).toBe(made.head.length)
    expect(metainfo.infoHash).toBe(sealed.outside.infoHash)
    expect(sealed.outside.files).toHaveLength(1)
    expect(sealed.title).toBe('A title')
  })

  test.each([
    [1, 0, 2_500_000],
    [1, 1_048_570, 1_048_590],
    [1, 2_499_999, 2_500_000],
    [2, 0, 777],
    [0, 0, 0],
  ])('gives bytes of file %i from %i to %i', async (index, start, end) => {
    const { made, sealed } = await opened()
    const stream = sealed.open(index, { start, end }, (from, to) => streamOf(made.bytes, from, to))
    const file = Buffer.from(Object.values(FILES)[index] ?? [])
    expect((await collect(stream)).equals(file.subarray(start, end))).toBe(true)
  })

  test('hands out nothing of a chunk with a wrong bit', async () => {
    const { made, sealed } = await opened()
    const at = made.head.length + 1_500_000
    made.bytes[at] = (made.bytes[at] ?? 0) ^ 1
    const read = (from: number, to: number) => streamOf(made.bytes, from, to)
    const reader = sealed.open(1, { start: 0, end: 2_500_000 }, read).getReader()
    expect((await reader.read()).value).toHaveLength(1_048_576)
    await expect(reader.read()).rejects.toMatchObject({ code: 'content_forged', detail: 'a/long' })
    const other = sealed.open(2, { start: 0, end: 777 }, read)
    expect((await collect(other)).equals(Buffer.from(FILES.b))).toBe(true)
  })
})

test('sealing the files again gives the published bytes, whichever of them are asked for', async () => {
  const { made, sealed } = await opened()
  const plain = new Uint8Array(Buffer.concat(Object.values(FILES)))
  const source = sealedSource(sealed.job, sourceOf(plain))
  expect(source.size).toBe(made.bytes.length)
  const head = made.head.length
  const contentEnd = head + plain.length
  for (const [start, end] of [
    [0, source.size],
    [5, head],
    [head - 3, head + 33],
    [head + 7, head + 8],
    [contentEnd - 20, contentEnd + 20],
    [contentEnd + 1, source.size],
  ] as const) {
    const bytes = await source.read(start, end)
    expect(Buffer.from(bytes).equals(Buffer.from(made.bytes.subarray(start, end))), `${start}-${end}`).toBe(
      true,
    )
  }
})

test('chunks begin with each file, and are counted in the order of the files', () => {
  const sizes = Float64Array.of(0, 25, 10, 3)
  const all = chunksIn(sizes, 10, { from: 0, to: 38 })
  expect(all).toEqual({
    first: 0,
    chunks: [
      { start: 0, end: 10 },
      { start: 10, end: 20 },
      { start: 20, end: 25 },
      { start: 25, end: 35 },
      { start: 35, end: 38 },
    ],
  })
  for (let cut = 0; cut <= 38; cut++) {
    const before = chunksIn(sizes, 10, { from: 0, to: cut })
    const after = chunksIn(sizes, 10, { from: cut, to: 38 })
    expect([...before.chunks, ...after.chunks], `cut at ${cut}`).toEqual(all.chunks)
    if (after.chunks.length > 0) expect(after.first, `cut at ${cut}`).toBe(before.chunks.length)
  }
})
