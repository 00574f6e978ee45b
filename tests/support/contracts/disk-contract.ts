import { describe, expect, it } from 'vitest'
import type { PieceStore } from '../../../lib/storage/piece-store.ts'
import { sized } from '../long.ts'
import {
  expectRight,
  PIECE,
  pieceOf,
  pieceStoreContract,
  piecesIn,
  type Sample,
  sampleShare,
  sha1,
  shareOf,
  writeAll,
} from './store-contract.ts'

export interface DiskStore extends PieceStore {
  readonly report: { readonly rechecked: number; readonly lost: number }
}

/** A disk with stores, as the contract controls it. */
export interface DiskKit {
  open(sample: Sample, selected: readonly number[]): Promise<DiskStore>
  /** Ends the process that has stores open at once, with no chance to finish anything. */
  kill(): Promise<void>
  /** Sizes of the files of a share, by name; bytes. */
  sizes(sample: Sample): Promise<Record<string, number>>
  /** Change a file of a share behind the store's back: truncate it to `size` bytes, then write `bytes` at 0. Null: delete it. */
  tamper(
    sample: Sample,
    name: string,
    change: { size: number; bytes?: Uint8Array<ArrayBuffer> } | null,
  ): Promise<void>
}

const ALL = [0, 1, 2, 4, 5]

/** More than systems let a process hold open at once, in `npm run test:long`. */
const FILES = sized({ gate: 100, long: 1000 })

/** The contract of stores that survive a reload or a crash, which includes the contract of every piece store. */
export function diskStoreContract(name: string, getKit: () => DiskKit): void {
  pieceStoreContract(name, (sample, selected) => getKit().open(sample, selected))

  const filled = async (sample: Sample, selected: readonly number[] = ALL) => {
    const store = await getKit().open(sample, selected)
    await writeAll(store, sample)
    await store.close()
  }

  describe(`${name} on disk`, () => {
    it('is complete after a close and reopen, with nothing hashed again', async () => {
      const sample = await sampleShare()
      await filled(sample)
      const again = await getKit().open(sample, ALL)
      expect(again.report).toEqual({ rechecked: 0, lost: 0 })
      expect(piecesIn(again, sample)).toEqual([0, 1, 2, 3, 4])
      await expectRight(again, sample, ALL)
      await again.close()
    })

    it('is complete after a crash, with only the newest pieces hashed again', async () => {
      const sample = await shareOf([40 * PIECE - 5])
      const pieces = [...Array(40).keys()]
      const first = await getKit().open(sample, [0])
      await writeAll(first, sample, pieces.slice(0, 20))
      await first.close()
      const second = await getKit().open(sample, [0])
      await writeAll(second, sample, pieces.slice(20, 30))
      for (const index of pieces.slice(30)) {
        second.write(index, pieceOf(sample, index)).catch(() => undefined)
      }
      await getKit().kill()
      const third = await getKit().open(sample, [0])
      expect(third.report.lost).toBe(0)
      expect(third.report.rechecked).toBeLessThanOrEqual(20)
      expect(piecesIn(third, sample)).toEqual(expect.arrayContaining(pieces.slice(0, 30)))
      await expectRight(third, sample)
      await writeAll(third, sample, pieces.slice(30))
      await expectRight(third, sample, [0])
      await third.close()
    })

    it('is complete after a crash with unselected files', async () => {
      const sample = await sampleShare()
      const store = await getKit().open(sample, [0, 5])
      await writeAll(store, sample, [0, 1, 4])
      await getKit().kill()
      const again = await getKit().open(sample, ALL)
      expect(piecesIn(again, sample)).toEqual([0, 1, 4])
      await expectRight(again, sample, [0, 1, 2, 5])
      await writeAll(again, sample, [2, 3])
      await expectRight(again, sample, ALL)
      await again.close()
      expect(Object.keys(await getKit().sizes(sample)).filter(name => name.startsWith('piece-'))).toEqual([])
    })

    it('rejects a second owner', async () => {
      const sample = await sampleShare()
      const store = await getKit().open(sample, ALL)
      await expect(getKit().open(sample, ALL)).rejects.toMatchObject({ code: 'share_open_elsewhere' })
      await writeAll(store, sample)
      await expectRight(store, sample, ALL)
      await store.close()
      await (await getKit().open(sample, ALL)).close()
    })

    it('has every byte of a share that its key has opened, also those of no file', async () => {
      const whole = await sampleShare()
      // What is inside begins in the second piece and ends before the last byte.
      const files = whole.metainfo.files.slice(1, 5).map(file => ({ ...file, padding: false }))
      const sample = { ...whole, metainfo: { ...whole.metainfo, files } }
      for (const selected of [[], [1], [0, 1, 2, 3]]) {
        await filled(sample, selected)
        const again = await getKit().open(sample, [0, 1, 2, 3])
        expect(piecesIn(again, sample), `selected ${selected}`).toEqual([0, 1, 2, 3, 4])
        await expectRight(again, sample, [0, 1, 2, 3])
        await again.destroy()
      }
    })

    it('takes no room for unselected files, except for the pieces at their edges', async () => {
      const sample = await shareOf([PIECE / 2, 100 * PIECE, PIECE / 2])
      const store = await getKit().open(sample, [0, 2])
      await writeAll(store, sample, [0, 100])
      await store.close()
      const { checkpoint: _checkpoint, journal: _journal, ...data } = await getKit().sizes(sample)
      expect(data).toEqual({ 0: PIECE / 2, 2: PIECE / 2, 'piece-0': PIECE, 'piece-100': PIECE })
    })

    it('notices that a file was deleted, and accepts its pieces again', async () => {
      const sample = await sampleShare()
      await filled(sample)
      await getKit().tamper(sample, '4', null)
      const again = await getKit().open(sample, ALL)
      expect(again.report.lost).toBe(3)
      expect(piecesIn(again, sample)).toEqual([0, 1])
      await writeAll(again, sample, [2, 3, 4])
      await expectRight(again, sample, ALL)
      await again.close()
    })

    it('notices that a file was truncated', async () => {
      const sample = await sampleShare()
      await filled(sample)
      await getKit().tamper(sample, '4', { size: 2 * PIECE })
      const again = await getKit().open(sample, ALL)
      expect(again.report.lost).toBe(1)
      expect(piecesIn(again, sample)).toEqual([0, 1, 2, 3])
      await expectRight(again, sample, [0])
      await again.close()
    })

    it('notices that a file was changed', async () => {
      const sample = await sampleShare()
      await filled(sample)
      await getKit().tamper(sample, '0', { size: 1.5 * PIECE, bytes: new Uint8Array(10) })
      const again = await getKit().open(sample, ALL)
      expect(again.report.lost).toBe(1)
      expect(piecesIn(again, sample)).toEqual([1, 2, 3, 4])
      await expectRight(again, sample)
      await again.close()
    })

    it('verifies everything when the checkpoint is unreadable', async () => {
      const sample = await sampleShare()
      await filled(sample)
      await getKit().tamper(sample, 'checkpoint', { size: 20, bytes: new Uint8Array(20).fill(7) })
      await getKit().tamper(sample, '2', { size: 5 })
      const again = await getKit().open(sample, ALL)
      expect(again.report.rechecked).toBe(4)
      expect(piecesIn(again, sample)).toEqual([0, 2, 3, 4])
      await expectRight(again, sample)
      await again.close()
    })

    it(`stores ${FILES} files`, { tags: 'sized', timeout: 300_000 }, async () => {
      const lengths = Array.from({ length: FILES }, (_, index) => 1 + ((index * 37) % 900))
      const sample = await shareOf(lengths, 16 * 1024)
      const every = [...lengths.keys()]
      const store = await getKit().open(sample, every)
      await writeAll(store, sample)
      await store.close()
      const again = await getKit().open(sample, every)
      expect(again.report).toEqual({ rechecked: 0, lost: 0 })
      const half = FILES / 2
      await expectRight(again, sample, [0, 1, half - 1, FILES - 2, FILES - 1])
      await again.close()
      // Each is opened twice: a thousand take over a minute on a busy machine.
    })

    it('deletes everything when destroyed', async () => {
      const sample = await sampleShare()
      await filled(sample)
      const store = await getKit().open(sample, ALL)
      await store.destroy()
      const again = await getKit().open(sample, ALL)
      expect(again.report).toEqual({ rechecked: 0, lost: 0 })
      expect(piecesIn(again, sample)).toEqual([])
      await again.close()
    })

    it('a returned file stays readable while others read pieces of it', async () => {
      const sample = await sampleShare()
      const store = await getKit().open(sample, [0, 2])
      await writeAll(store, sample, [0, 1])
      const file = await store.file(0)
      await store.read(0, 0, PIECE)
      await store.select(ALL)
      await writeAll(store, sample, [2, 3, 4])
      const bytes = new Uint8Array(await file.arrayBuffer())
      expect(sha1(bytes)).toBe(sha1(sample.content.subarray(0, 1.5 * PIECE)))
      await store.close()
    })
  })
}
