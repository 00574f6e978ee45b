import { describe, expect, it, vi } from 'vitest'
import { Content } from '../../../lib/engine/content.ts'
import { HeldPieces } from '../../../lib/engine/held-pieces.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { PassingStore } from '../../../lib/storage/passing-store.ts'
import type { PieceStore } from '../../../lib/storage/piece-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { engineContent } from '../../support/content/engine-content.ts'
import { noise } from '../../support/content/fixtures.ts'

const PIECE = 16 * 1024
const PIECES = 5

function setUp(open: (metainfo: Metainfo) => PieceStore = metainfo => new MemoryStore(metainfo)) {
  const { bytes, metainfo } = engineContent('content.bin', noise(PIECES * PIECE - 100, 3), PIECE)
  const store = open(metainfo)
  const held = new HeldPieces(metainfo, store.have)
  const onPositionsChanged = vi.fn()
  const onAdvance = vi.fn()
  const side = { role: 'reader', store } as const
  const reader = new Content({ metainfo, side, held, onPositionsChanged, onAdvance })
  const arrive = async (piece: number) => {
    expect(await store.write(piece, bytes.slice(piece * PIECE, (piece + 1) * PIECE))).toBe(true)
    held.add(piece)
  }
  return { bytes, store, held, reader, arrive, onPositionsChanged, onAdvance }
}

const bytesOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => new Response(stream).bytes()

describe('Content', () => {
  it('reads a range in order, whatever order its pieces arrive in', async () => {
    const { arrive, bytes, reader } = setUp()
    const [start, end] = [PIECE - 10, 4 * PIECE + 10]
    const read = bytesOf(reader.read(start, end))
    for (const piece of [3, 0, 4, 2, 1]) await arrive(piece)
    expect(await read).toEqual(bytes.slice(start, end))
  })

  it('gives its range priority until it is read to the end or cancelled', async () => {
    const { arrive, onPositionsChanged, reader } = setUp()
    const first = reader.read(0, 2 * PIECE)
    const second = reader.read(3 * PIECE, 4 * PIECE)
    expect(new Set(reader.positions.pieces())).toEqual(new Set([0, 1, 3]))
    await second.cancel()
    expect([...reader.positions.pieces()]).toEqual([0, 1])
    for (const piece of [0, 1]) await arrive(piece)
    await bytesOf(first)
    expect([...reader.positions.pieces()]).toEqual([])
    expect(onPositionsChanged).toHaveBeenCalledTimes(4)
  })

  it('asks for more each time it moves on, and not before it is read', async () => {
    const { arrive, onAdvance, reader } = setUp()
    const stream = reader.read(0, 2 * PIECE).getReader()
    expect(onAdvance).not.toHaveBeenCalled()
    for (const piece of [0, 1]) await arrive(piece)
    await stream.read()
    await stream.read()
    expect(onAdvance).toHaveBeenCalledTimes(2)
  })

  it('ends open streams with `cancelled` when the swarm ends', async () => {
    const { arrive, reader } = setUp()
    await arrive(0)
    const stream = reader.read(0, 2 * PIECE).getReader()
    await stream.read()
    const waiting = stream.read()
    reader.close()
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    expect([...reader.positions.pieces()]).toEqual([])
    await expect(
      reader
        .read(PIECE, 2 * PIECE)
        .getReader()
        .read(),
    ).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('releases pieces it is past from a store that only passes them on, and counts their bytes once', async () => {
    const { arrive, bytes, held, reader } = setUp(metainfo => new PassingStore(metainfo))
    for (let piece = 0; piece < PIECES; piece++) await arrive(piece)
    expect(held.complete).toBe(true)
    expect(await bytesOf(reader.read(0, bytes.length))).toEqual(bytes)
    // A range that ends inside a piece leaves it for the next one.
    const left = Array.from({ length: PIECES }, (_, piece) => held.has(piece))
    expect(left).toEqual([false, false, false, false, true])
    expect(held.complete).toBe(false)
    await arrive(1)
    expect(held.fileBytes[0]).toBe(bytes.length)
  })
})
