import { debug } from '../../base/debug.ts'
import { AppError } from '../../base/errors.ts'
import { SerialQueue } from '../../base/serial-queue.ts'
import { clearPiece, hasPiece, setPiece } from '../../torrent/piece-map.ts'
import { isPiece } from '../piece-hash.ts'
import { pieceSize } from '../piece-store.ts'
import { type DiskFolder, fileName } from './disk-folder.ts'
import { DiskPieces } from './disk-pieces.ts'
import { OpenFiles } from './open-files.ts'
import { Progress, type SavedProgress } from './progress.ts'
import type { StoreLayout } from './store-layout.ts'

const log = debug('storage:disk')

/** What a store found when it was opened. Counts of pieces. */
export interface OpeningReport {
  /** Hashed again, because they were written after the last checkpoint or a check failed. */
  readonly rechecked: number
  /** In the last checkpoint but gone now: the browser or a person has deleted or changed a file. */
  readonly lost: number
}

/** What verifying a piece has found: pieces that were stored and are no longer. */
export interface Finding {
  readonly lost: readonly number[]
  /** True: a file is gone, or shorter than it was. */
  readonly filesGone: boolean
}

const ALL_GOOD: Finding = { lost: [], filesGone: false }

/** Written pieces are flushed to the disk after this time or amount at the latest: a power cut loses at most that. */
const CHECKPOINT_MS = 2000
const CHECKPOINT_BYTES = 256 * 1024 * 1024

/** Pieces verified when a store is opened, to notice files that something else has changed. */
const SPOT_CHECKS = 8

/** Names of the files that hold bytes of the share. */
const DATA_FILE = /^(?:piece-(?<piece>\d+)|\d+)$/

/**
 * The pieces of one share on disk. A piece is hashed before it is written, then named in the journal; every two seconds all
 * files are flushed, the bitfield is saved as a checkpoint and the journal emptied. So a killed tab loses nothing that was
 * written: the checkpoint is trusted, the pieces in the journal are hashed again.
 */
export class DiskShare {
  readonly have: Uint8Array<ArrayBuffer>
  readonly #layout: StoreLayout
  readonly #folder: DiskFolder
  readonly #files: OpenFiles
  readonly #progress: Progress
  readonly #has = (piece: number): boolean => hasPiece(this.have, piece)
  #pieces: DiskPieces
  #unflushedBytes = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #closed = false
  readonly #tasks = new SerialQueue()

  private constructor(layout: StoreLayout, folder: DiskFolder, progress: Progress) {
    this.#layout = layout
    this.#folder = folder
    this.#progress = progress
    this.#files = new OpenFiles(folder)
    this.#pieces = new DiskPieces(layout, this.#files, [], [])
    this.have = new Uint8Array(Math.ceil(layout.pieceCount / 8))
  }

  /** Open a stored share, or create it. Rejects while another tab has it open, where the folder can tell. */
  static async open(
    layout: StoreLayout,
    folder: DiskFolder,
    selected: readonly number[],
  ): Promise<{ readonly share: DiskShare; readonly report: OpeningReport }> {
    const { progress, saved } = await Progress.open(folder, layout.pieceCount)
    const share = new DiskShare(layout, folder, progress)
    try {
      const report = await share.#restore(selected, saved)
      log('opened', { infoHash: layout.infoHash, pieces: layout.pieceCount, ...report })
      return { share, report }
    } catch (reason) {
      log('opening failed', { infoHash: layout.infoHash, why: reason })
      await share.#closeFiles()
      throw reason
    }
  }

  /** Store a piece if it matches its hash. */
  write(piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const expected = pieceSize(this.#layout, piece)
    if (bytes.length !== expected) {
      const detail = `piece ${piece}: ${bytes.length} of ${expected} bytes`
      return Promise.reject(new AppError('storage_failed', detail))
    }
    // Hashed at once, in parallel with the writing of earlier pieces.
    const fits = isPiece(this.#layout.pieces, piece, bytes)
    return this.#queue(async () => {
      if (!(await fits)) return false
      if (this.#unflushedBytes >= CHECKPOINT_BYTES) await this.#checkpoint()
      await this.#pieces.write(piece, bytes)
      await this.#progress.append(piece)
      setPiece(this.have, piece)
      this.#unflushedBytes += bytes.length
      this.#timer ??= setTimeout(() => this.#queueCheckpoint(), CHECKPOINT_MS)
      return true
    })
  }

  /**
   * Whether a stored piece is still what was written. What is not is no longer stored, and the checkpoint says so before this resolves.
   * Where a file of the piece is gone or was cut off, that is all that was in what is missing of any file.
   */
  verify(piece: number): Promise<Finding> {
    return this.#queue(async () => {
      if (!this.#has(piece)) return ALL_GOOD
      const sizes = await this.#folder.sizes(this.#pieces.namesOf(piece))
      const filesGone = !this.#pieces.fits(piece, sizes)
      if (!filesGone && (await this.#isGood(piece))) return ALL_GOOD
      const lost = filesGone ? await this.#findGone() : [piece]
      log('pieces lost', { infoHash: this.#layout.infoHash, pieces: lost.length, piece, filesGone })
      for (const index of lost) clearPiece(this.have, index)
      await this.#checkpoint()
      return { lost, filesGone }
    })
  }

  read(piece: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#queue(async () => {
      if (!this.#has(piece) || offset < 0 || length < 0) {
        throw new AppError('storage_failed', `piece ${piece} is not here`)
      }
      if (offset + length > pieceSize(this.#layout, piece))
        throw new AppError('bad_request', `piece ${piece}`)
      return this.#pieces.read(piece, offset, length)
    })
  }

  select(selected: readonly number[]): Promise<void> {
    return this.#queue(() => this.#pieces.select(selected, this.#has))
  }

  /** Flush and close a complete file, so that a page can take it by reference. */
  closeFile(file: number): Promise<void> {
    return this.#queue(async () => {
      await this.#pieces.consolidate(file, this.#has)
      await this.#files.close(fileName(file))
    })
  }

  /** Does nothing when it is closed. */
  close(): Promise<void> {
    if (this.#closed) return this.#tasks.idle()
    return this.#queue(async () => {
      this.#closed = true
      await this.#checkpoint().finally(() => this.#closeFiles())
    })
  }

  /** Close the store, if it is open, and delete its bytes. */
  destroy(): Promise<void> {
    return this.#tasks.add(async () => {
      if (!this.#closed) {
        this.#closed = true
        await this.#closeFiles()
      }
      await this.#folder.destroy()
    })
  }

  /** Run tasks one at a time, so that none finds a handle closed by another. */
  #queue<T>(task: () => Promise<T>): Promise<T> {
    return this.#tasks.add(() => {
      if (this.#closed) throw new AppError('storage_failed', 'the store is closed')
      return task()
    })
  }

  /** The stored pieces that files have no room for any more. */
  async #findGone(): Promise<readonly number[]> {
    const sizes = await this.#folder.sizes()
    const gone = [...this.#all()].filter(piece => this.#has(piece) && !this.#pieces.fits(piece, sizes))
    // An open handle would go on to read a deleted file, and write to it.
    for (const piece of gone) for (const name of this.#pieces.namesOf(piece)) await this.#files.close(name)
    return gone
  }

  async #restore(
    selected: readonly number[],
    { checkpoint, journal }: SavedProgress,
  ): Promise<OpeningReport> {
    const sizes = new Map([...(await this.#folder.sizes())].filter(([name]) => DATA_FILE.test(name)))
    const separate = [...sizes.keys()]
      .flatMap(name => DATA_FILE.exec(name)?.groups?.['piece'] ?? [])
      .map(Number)
    this.#pieces = new DiskPieces(this.#layout, this.#files, [], separate)

    const known = (piece: number) => checkpoint !== null && hasPiece(checkpoint.have, piece)
    // Without a readable checkpoint, any stored piece may be good.
    const doubtful = new Set(checkpoint ? journal : sizes.size > 0 ? this.#all() : [])
    let lost = 0
    for (const piece of this.#all()) {
      const fits = this.#pieces.fits(piece, sizes)
      if (known(piece) && fits) setPiece(this.have, piece)
      if (known(piece) && !fits) lost++
      if (known(piece) || !fits) doubtful.delete(piece)
    }
    for (const piece of await this.#spotCheck()) {
      clearPiece(this.have, piece)
      doubtful.add(piece)
    }
    for (const piece of doubtful) {
      if (await this.#isGood(piece)) setPiece(this.have, piece)
      else if (known(piece)) lost++
    }
    await this.#pieces.dropSeparate(this.#has)
    await this.#pieces.select(selected, this.#has)
    if (!checkpoint || doubtful.size > 0 || lost > 0) await this.#checkpoint()
    return { rechecked: doubtful.size, lost }
  }

  /** Verifies a few random pieces; returns all pieces of the files in which one is wrong. */
  async #spotCheck(): Promise<ReadonlySet<number>> {
    const here = [...this.#all()].filter(this.#has)
    const doubtful = new Set<number>()
    for (const piece of sample(here, SPOT_CHECKS)) {
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

  /** Flush everything that was written, and save the bitfield. */
  async #checkpoint(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#files.flush()
    await this.#progress.save(this.have)
    log('checkpoint', { infoHash: this.#layout.infoHash, bytes: this.#unflushedBytes })
    this.#unflushedBytes = 0
  }

  /** A failed checkpoint is tried again after the next piece; until then the journal names all pieces. */
  #queueCheckpoint(): void {
    this.#timer = null
    this.#queue(() => this.#checkpoint()).catch(reason => {
      log('checkpoint failed', { infoHash: this.#layout.infoHash, why: reason })
    })
  }

  async #closeFiles(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#files.closeAll()
    await this.#progress.close()
  }

  *#all(): Generator<number> {
    for (let piece = 0; piece < this.#layout.pieceCount; piece++) yield piece
  }
}

/** At most `count` of `values`, drawn at random, none twice. */
function sample(values: readonly number[], count: number): ReadonlySet<number> {
  const drawn = new Set<number>()
  while (drawn.size < Math.min(count, values.length)) {
    drawn.add(values[Math.floor(Math.random() * values.length)] ?? 0)
  }
  return drawn
}
