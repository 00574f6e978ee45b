import { cpSync, existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { HealStore } from '../../lib/heal/heal-store.ts'
import { BlobStore, sourceOf } from '../../lib/storage/blob-store.ts'
import { MemoryStore } from '../../lib/storage/memory-store.ts'
import type { PieceStore } from '../../lib/storage/piece-store.ts'
import { ReadCache } from '../../lib/storage/read-cache.ts'
import { setPiece } from '../../lib/torrent/piece-map.ts'
import { openFileStore } from '../../server/node-engine/file-store.ts'
import { tempFolder } from '../support/content/fixtures.ts'
import { type DiskKit, type DiskStore, diskStoreContract } from '../support/contracts/disk-contract.ts'
import {
  expectRight,
  fileOf,
  PIECE,
  pieceOf,
  pieceSourceContract,
  pieceStoreContract,
  piecesIn,
  type Sample,
  sampleShare,
  writeAll,
} from '../support/contracts/store-contract.ts'

pieceSourceContract('BlobStore', async sample => {
  const files = sample.metainfo.files.map((_, index) => new Blob([fileOf(sample, index)]))
  return new BlobStore(sourceOf(new Blob(files)), PIECE, () => {
    throw new Error('nothing became unreadable')
  })
})

pieceStoreContract('MemoryStore', async ({ metainfo }) => new MemoryStore(metainfo))

/** A copy of a sample in which these pieces are good. */
function healStoreOf({ content, metainfo }: Sample, goodPieces: readonly number[]): HealStore {
  const good = new Uint8Array(Math.ceil(metainfo.pieceCount / 8))
  const copy = new Uint8Array(content.length)
  for (const piece of goodPieces) {
    setPiece(good, piece)
    copy.set(content.subarray(piece * PIECE, (piece + 1) * PIECE), piece * PIECE)
  }
  return new HealStore({
    metainfo,
    content: new Blob([copy]),
    good,
    patch: new MemoryStore(metainfo),
    ownsPatch: true,
    onCopyChanged: () => {
      throw new Error('nothing changed')
    },
  })
}

pieceStoreContract('HealStore of a copy with nothing good', async sample => healStoreOf(sample, []))
pieceSourceContract('HealStore of a damaged copy', async sample => {
  const store = healStoreOf(sample, [0, 3])
  for (const piece of [1, 2, 4]) await store.write(piece, pieceOf(sample, piece))
  return store
})

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())

/** Simulates a killed process: the next life finds a copy of its files as they were. */
class FileKit implements DiskKit {
  #lives = 0
  readonly #opened = new Set<PieceStore>()

  async open({ metainfo }: Sample, selected: readonly number[]): Promise<DiskStore> {
    const store = await openFileStore(metainfo, selected, this.#parent)
    this.#opened.add(store)
    return store
  }

  async kill(): Promise<void> {
    const before = this.#parent
    this.#lives++
    if (existsSync(before)) cpSync(before, this.#parent, { recursive: true })
    for (const store of this.#opened) await store.close().catch(() => undefined)
    this.#opened.clear()
  }

  async sizes({ metainfo }: Sample): Promise<Record<string, number>> {
    const path = join(this.#parent, metainfo.infoHash)
    return Object.fromEntries(readdirSync(path).map(name => [name, statSync(join(path, name)).size]))
  }

  async tamper(...[{ metainfo }, name, change]: Parameters<DiskKit['tamper']>): Promise<void> {
    const path = join(this.#parent, metainfo.infoHash, name)
    if (!change) return rmSync(path)
    truncateSync(path, change.size)
    await using file = await open(path, 'r+')
    await file.write(change.bytes ?? new Uint8Array(), 0, undefined, 0)
  }

  get #parent(): string {
    return join(folder.path, String(this.#lives))
  }
}

const kit = new FileKit()
diskStoreContract('FileStore', () => kit)

describe('FileStore whose files something else changes while it is open', () => {
  const ALL = [0, 1, 2, 4, 5]
  const opened = async () => {
    const sample = await sampleShare()
    const store = await openFileStore(sample.metainfo, ALL, folder.path)
    await writeAll(store, sample)
    const damaged = vi.fn()
    const gone = vi.fn()
    Object.assign(store, { onDamaged: damaged, onFilesGone: gone })
    return { damaged, gone, path: join(folder.path, sample.metainfo.infoHash), sample, store }
  }
  type Opened = Awaited<ReturnType<typeof opened>>
  /** All of it is here again, also for whoever opens it next. */
  const mended = async ({ sample, store }: Opened, pieces: readonly number[]) => {
    await writeAll(store, sample, pieces)
    await expectRight(store, sample, ALL)
    await store.close()
    const again = await openFileStore(sample.metainfo, ALL, folder.path)
    expect(piecesIn(again, sample)).toEqual([0, 1, 2, 3, 4])
    await expectRight(again, sample, ALL)
    await again.close()
  }

  it('knows at one look what went with a deleted file, although it has that open', async () => {
    const all = await opened()
    const { damaged, gone, path, sample, store } = all
    await expectRight(store, sample)
    rmSync(join(path, '4'))
    expect(await store.verify(3)).toBe(false)
    expect(piecesIn(store, sample)).toEqual([0, 1])
    expect(damaged.mock.calls).toEqual([[[2, 3, 4]]])
    expect(gone.mock.calls).toEqual([[3]])
    await mended(all, [2, 3, 4])
    expect(gone).toHaveBeenCalledTimes(1)
  })

  it('or at the next read of it', async () => {
    const all = await opened()
    rmSync(join(all.path, '4'))
    await expect(all.store.read(2, 0, 10)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(all.gone.mock.calls).toEqual([[3]])
    await mended(all, [2, 3, 4])
  })

  it('keeps what is in front of the end of a file that was cut off, and verifies it before it is read', async () => {
    const all = await opened()
    const { gone, path, sample, store } = all
    truncateSync(join(path, '4'), PIECE + 10)
    expect(await store.verify(4)).toBe(false)
    expect(piecesIn(store, sample)).toEqual([0, 1, 2])
    expect(gone.mock.calls).toEqual([[2]])
    await using file = await open(join(path, '0'), 'r+')
    await file.write(new Uint8Array(10), 0, undefined, 0)
    await expect(store.read(0, 0, 10)).rejects.toMatchObject({ code: 'storage_failed' })
    await mended(all, [0, 3, 4])
  })

  it('makes its folder again', async () => {
    const all = await opened()
    rmSync(all.path, { recursive: true })
    expect(await all.store.verify(0)).toBe(false)
    expect(all.gone.mock.calls).toEqual([[5]])
    await mended(all, [0, 1, 2, 3, 4])
  })
})

describe('ReadCache', () => {
  it('reads few positions at once, however many are requested, and serves them all', async () => {
    let reading = 0
    let most = 0
    const length = 64 * 1024 * 1024
    const cache = new ReadCache(
      async (start, end) => {
        most = Math.max(most, ++reading)
        await new Promise(resolve => setImmediate(resolve))
        reading--
        return new Uint8Array(end - start).fill(start / (1024 * 1024))
      },
      length,
      1024 * 1024,
    )
    const places = Array.from({ length: 64 }, (_, index) => index)
    const reads = places.map(index => cache.read(index * 1024 * 1024, index * 1024 * 1024 + 4))
    expect((await Promise.all(reads)).map(bytes => bytes[0])).toEqual(places)
    expect(most).toBeLessThanOrEqual(8)
  })

  it('reads again after a failed read', async () => {
    let fail = true
    const cache = new ReadCache(
      async (start, end) => {
        if (fail) throw new DOMException('gone', 'NotReadableError')
        return new Uint8Array(end - start)
      },
      100,
      100,
    )
    await expect(cache.read(0, 10)).rejects.toThrow('gone')
    fail = false
    expect(await cache.read(0, 10)).toHaveLength(10)
  })
})
