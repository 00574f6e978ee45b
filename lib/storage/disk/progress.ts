import {
  type Checkpoint,
  decodeJournal,
  decodeNewest,
  encodeEntry,
  encodeSlot,
  slotOffset,
} from './checkpoint.ts'
import type { DiskFile, DiskFolder } from './disk-folder.ts'

const CHECKPOINT = 'checkpoint'
const JOURNAL = 'journal'

/** What was saved of a share when it was last open. */
export interface SavedProgress {
  /** Null when none can be read: nothing is known about the bytes on disk. */
  readonly checkpoint: Checkpoint | null
  /** Pieces written since the checkpoint. */
  readonly journal: readonly number[]
}

/**
 * Records which pieces of a share are on disk, in two files next to them: a checkpoint of the flushed pieces, and a journal
 * of those written since. Both stay open as long as the share is, which keeps other tabs out.
 */
export class Progress {
  readonly #pieceCount: number
  readonly #journal: DiskFile
  readonly #checkpoint: DiskFile
  #journalBytes = 0
  #sequence = 0

  private constructor(pieceCount: number, journal: DiskFile, checkpoint: DiskFile) {
    this.#pieceCount = pieceCount
    this.#journal = journal
    this.#checkpoint = checkpoint
  }

  /** Rejects while another tab has the share open, where the folder can tell. */
  static async open(
    folder: DiskFolder,
    pieceCount: number,
  ): Promise<{ readonly progress: Progress; readonly saved: SavedProgress }> {
    const journal = await folder.open(JOURNAL)
    const progress = new Progress(pieceCount, journal, await folder.open(CHECKPOINT))
    return { progress, saved: await progress.#read() }
  }

  /** Name a written piece in the journal. Errors: those of the file. */
  async append(piece: number): Promise<void> {
    const entry = encodeEntry(piece)
    await this.#journal.write(entry, this.#journalBytes)
    this.#journalBytes += entry.length
  }

  /** Save `have` as the checkpoint and empty the journal. Errors: those of the files. */
  async save(have: Uint8Array<ArrayBuffer>): Promise<void> {
    const sequence = (this.#sequence + 1) >>> 0
    const slot = await encodeSlot({ sequence, have })
    await this.#checkpoint.write(slot, slotOffset(sequence, this.#pieceCount))
    await this.#checkpoint.flush()
    this.#sequence = sequence
    await this.#journal.truncate(0)
    this.#journalBytes = 0
  }

  async close(): Promise<void> {
    await this.#journal.close()
    await this.#checkpoint.close()
  }

  async #read(): Promise<SavedProgress> {
    const journal = await readAll(this.#journal)
    const checkpoint = await decodeNewest(await readAll(this.#checkpoint), this.#pieceCount)
    this.#journalBytes = journal.length
    this.#sequence = checkpoint?.sequence ?? 0
    return { checkpoint, journal: decodeJournal(journal, this.#pieceCount) }
  }
}

async function readAll(file: DiskFile): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  return bytes
}
