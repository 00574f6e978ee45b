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

/** What was said of a share when it was open last. */
export interface Remembered {
  /** Null when none can be read: nothing is known of what lies on the disk. */
  readonly checkpoint: Checkpoint | null
  /** Pieces written since. */
  readonly journal: readonly number[]
}

/**
 * Which pieces of a share are on disk, in two files beside them: a checkpoint of what was flushed, and a journal of what
 * was written since. Both stay open as long as the share is: that is what keeps other tabs out.
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

  /** Rejects while another tab has the share open, where the folder knows. */
  static async open(
    folder: DiskFolder,
    pieceCount: number,
  ): Promise<{ readonly progress: Progress; readonly remembered: Remembered }> {
    const journal = await folder.open(JOURNAL)
    const progress = new Progress(pieceCount, journal, await folder.open(CHECKPOINT))
    return { progress, remembered: await progress.#read() }
  }

  /** A piece was written. Errors: those of the file. */
  async note(piece: number): Promise<void> {
    const entry = encodeEntry(piece)
    await this.#journal.write(entry, this.#journalBytes)
    this.#journalBytes += entry.length
  }

  /** The pieces of `have` are on the disk; the journal begins anew. Errors: those of the files. */
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

  async #read(): Promise<Remembered> {
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
