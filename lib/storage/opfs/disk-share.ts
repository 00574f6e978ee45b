import { AppError } from '../../errors.ts'
import { clearPiece, hasPiece, setPiece } from '../../torrent/piece-map.ts'
import { isPiece } from '../piece-hash.ts'
import { pieceSize } from '../piece-store.ts'
import { decodeJournal, decodeNewest, encodeEntry, encodeSlot, slotOffset } from './checkpoint.ts'
import { DiskPieces } from './disk-pieces.ts'
import { sharesFolder } from './folder.ts'
import { OpenFiles } from './open-files.ts'
import type { OpeningReport, StoreLayout } from './protocol.ts'

const CHECKPOINT = 'checkpoint'
const JOURNAL = 'journal'

/** What is written is on the disk after this time or amount at the latest: a power cut loses no more. */
const CHECKPOINT_MS = 2000
const CHECKPOINT_BYTES = 256 * 1024 * 1024

/** Pieces looked at when a store is opened, to notice what was changed behind our back. */
const SPOT_CHECKS = 8

/**
 * The pieces of one share on disk. A piece is hashed before it is written, then named in the journal; every two seconds
 * all is flushed, the bitfield saved as a checkpoint and the journal emptied. A killed tab thus loses nothing that was
 * written: the checkpoint is believed, what the journal names is hashed again. Worker only.
 */
export class DiskShare {
  readonly have: Uint8Array<ArrayBuffer>
  readonly #layout: StoreLayout
  readonly #folder: FileSystemDirectoryHandle
  readonly #files: OpenFiles
  #pieces: DiskPieces
  #sequence = 0
  #journalBytes = 0
  #unflushedBytes = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #checkpointing: Promise<void> = Promise.resolve()

  private constructor(layout: StoreLayout, folder: FileSystemDirectoryHandle) {
    this.#layout = layout
    this.#folder = folder
    this.#files = new OpenFiles(folder)
    this.#pieces = new DiskPieces(layout, this.#files, [], [])
    this.have = new Uint8Array(Math.ceil(layout.pieceCount / 8))
  }

  /** Open what is there, or begin. Rejects with `NoModificationAllowedError` while another tab has it. */
  static async open(
    layout: StoreLayout,
    selected: readonly number[],
  ): Promise<{ readonly share: DiskShare; readonly report: OpeningReport }> {
    const shares = await sharesFolder()
    const folder = await shares.getDirectoryHandle(layout.infoHash, { create: true })
    const share = new DiskShare(layout, folder)
    try {
      const report = await share.#restore(selected)
      return { share, report }
    } catch (reason) {
      await share.#files.closeAll()
      throw reason
    }
  }

  /** Keep a piece if it fits its hash. */
  async write(piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const expected = pieceSize(this.#layout, piece)
    if (bytes.length !== expected) {
      throw new AppError('storage_failed', `piece ${piece}: ${bytes.length} of ${expected} bytes`)
    }
    if (!(await isPiece(this.#layout.pieces, piece, bytes))) return false
    await this.#pieces.write(piece, bytes)
    await this.#files.write(JOURNAL, encodeEntry(piece), this.#journalBytes)
    this.#journalBytes += 4
    setPiece(this.have, piece)
    this.#unflushedBytes += bytes.length
    if (this.#unflushedBytes >= CHECKPOINT_BYTES) await this.#checkpoint()
    else this.#timer ??= setTimeout(() => void this.#checkpoint().catch(() => undefined), CHECKPOINT_MS)
    return true
  }

  async read(piece: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!hasPiece(this.have, piece) || offset < 0 || length < 0) {
      throw new AppError('storage_failed', `piece ${piece} is not here`)
    }
    if (offset + length > pieceSize(this.#layout, piece)) throw new AppError('bad_request', `piece ${piece}`)
    return this.#pieces.read(piece, offset, length)
  }

  async select(selected: readonly number[]): Promise<void> {
    await this.#pieces.select(selected, piece => hasPiece(this.have, piece))
  }

  /** Close the file of a complete file, with all of it on the disk. */
  async letGo(name: string): Promise<void> {
    await this.#files.close(name)
  }

  async close(): Promise<void> {
    await this.#checkpoint().finally(() => this.#files.closeAll())
  }

  async destroy(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#checkpointing.catch(() => undefined)
    await this.#files.closeAll()
    await (await sharesFolder()).removeEntry(this.#folder.name, { recursive: true })
  }

  async #restore(selected: readonly number[]): Promise<OpeningReport> {
    // Held as long as the share is open: it keeps other tabs out.
    const journal = await this.#readAll(JOURNAL)
    const saved = await decodeNewest(await this.#readAll(CHECKPOINT), this.#layout.pieceCount)
    const sizes = await this.#sizes()
    const apart = [...sizes.keys()].flatMap(name => /^piece-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
    this.#pieces = new DiskPieces(this.#layout, this.#files, selected, apart)
    this.#sequence = saved?.sequence ?? 0
    this.#journalBytes = journal.length

    const doubtful = new Set(decodeJournal(journal, this.#layout.pieceCount))
    let lost = 0
    for (let piece = 0; piece < this.#layout.pieceCount; piece++) {
      const fits = this.#pieces.fits(piece, sizes)
      const known = saved ? hasPiece(saved.have, piece) : false
      // Without a checkpoint that can be read, whatever lies there may be good.
      if (!saved && fits && sizes.size > 0) doubtful.add(piece)
      if (known && fits) setPiece(this.have, piece)
      if (known && !fits) lost++
      if (!fits || known) doubtful.delete(piece)
    }
    for (const piece of await this.#spotCheck()) {
      clearPiece(this.have, piece)
      doubtful.add(piece)
    }
    const rechecked = doubtful.size
    for (const piece of doubtful) {
      const known = saved ? hasPiece(saved.have, piece) : false
      if (await this.#isGood(piece)) setPiece(this.have, piece)
      else if (known) lost++
    }
    await this.#pieces.select(selected, piece => hasPiece(this.have, piece))
    if (rechecked > 0 || lost > 0) await this.#checkpoint()
    return { rechecked, lost }
  }

  /** All pieces of the files in which one of a few random pieces turns out to be wrong. */
  async #spotCheck(): Promise<ReadonlySet<number>> {
    const here: number[] = []
    for (let piece = 0; piece < this.#layout.pieceCount; piece++)
      if (hasPiece(this.have, piece)) here.push(piece)
    const doubtful = new Set<number>()
    for (let check = 0; check < Math.min(SPOT_CHECKS, here.length); check++) {
      const piece = here[Math.floor(Math.random() * here.length)] ?? 0
      if (doubtful.has(piece) || (await this.#isGood(piece))) continue
      doubtful.add(piece)
      const files = new Set(this.#pieces.filesOf(piece))
      for (const other of here) {
        if (this.#pieces.filesOf(other).some(file => files.has(file))) doubtful.add(other)
      }
    }
    return doubtful
  }

  async #isGood(piece: number): Promise<boolean> {
    try {
      const bytes = await this.#pieces.read(piece, 0, pieceSize(this.#layout, piece))
      return await isPiece(this.#layout.pieces, piece, bytes)
    } catch {
      return false
    }
  }

  /** One at a time; what is written meanwhile stays in the journal. */
  #checkpoint(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#unflushedBytes = 0
    this.#checkpointing = this.#checkpointing.catch(() => undefined).then(() => this.#saveCheckpoint())
    return this.#checkpointing
  }

  async #saveCheckpoint(): Promise<void> {
    const have = this.have.slice()
    const journalBytes = this.#journalBytes
    await this.#files.flush()
    const sequence = (this.#sequence + 1) >>> 0
    const slot = await encodeSlot({ sequence, have })
    const checkpoint = await this.#files.get(CHECKPOINT)
    const written = checkpoint.write(slot, { at: slotOffset(sequence, this.#layout.pieceCount) })
    if (written !== slot.length) throw new DOMException('no room for the checkpoint', 'QuotaExceededError')
    checkpoint.flush()
    this.#sequence = sequence
    // Entries that came while this was written are not covered by it.
    if (this.#journalBytes !== journalBytes) return
    ;(await this.#files.get(JOURNAL)).truncate(0)
    this.#journalBytes = 0
  }

  async #readAll(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.#files.get(name)
    const bytes = new Uint8Array(file.getSize())
    file.read(bytes, { at: 0 })
    return bytes
  }

  /** Sizes of all data files, by name; bytes. */
  async #sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    for await (const [name, entry] of this.#folder.entries()) {
      if (name === JOURNAL || name === CHECKPOINT || entry.kind !== 'file') continue
      sizes.set(name, (await (entry as FileSystemFileHandle).getFile()).size)
    }
    return sizes
  }
}
