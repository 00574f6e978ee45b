import { AppError } from '../../base/errors.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { clearPiece, hasPiece, setPiece } from '../../torrent/piece-map.ts'
import { isPiece } from '../piece-hash.ts'
import { pieceSize } from '../piece-store.ts'
import { type DiskFolder, fileName } from './disk-folder.ts'
import { DiskPieces } from './disk-pieces.ts'
import { OpenFiles } from './open-files.ts'
import { Progress, type Remembered } from './progress.ts'

/** What a store needs of a metainfo. */
export type StoreLayout = Pick<Metainfo, 'infoHash' | 'length' | 'pieceLength' | 'pieceCount' | 'pieces'> & {
  readonly files: readonly Pick<Metainfo['files'][number], 'offset' | 'length' | 'padding'>[]
}

/** What a store found when it was opened. Counts of pieces. */
export interface OpeningReport {
  /** Hashed again, because they came after the last checkpoint or something did not look right. */
  readonly rechecked: number
  /** Here at the last checkpoint and gone now: the browser or a person deleted or changed a file. */
  readonly lost: number
}

/** What is written is on the disk after this time or amount at the latest: a power cut loses no more. */
const CHECKPOINT_MS = 2000
const CHECKPOINT_BYTES = 256 * 1024 * 1024

/** Pieces looked at when a store is opened, to notice what was changed behind our back. */
const SPOT_CHECKS = 8

/** Names of the files that hold bytes of the share. */
const DATA_FILE = /^(?:piece-(?<apart>\d+)|\d+)$/

/**
 * The pieces of one share on disk. A piece is hashed before it is written, then named in the journal; every two seconds
 * all is flushed, the bitfield saved as a checkpoint and the journal emptied. A killed tab thus loses nothing that was
 * written: the checkpoint is believed, what the journal names is hashed again.
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
  #lastTurn: Promise<unknown> = Promise.resolve()

  private constructor(layout: StoreLayout, folder: DiskFolder, progress: Progress) {
    this.#layout = layout
    this.#folder = folder
    this.#progress = progress
    this.#files = new OpenFiles(folder)
    this.#pieces = new DiskPieces(layout, this.#files, [], [])
    this.have = new Uint8Array(Math.ceil(layout.pieceCount / 8))
  }

  /** Open what is there, or begin. Rejects while another tab has it, where the folder knows. */
  static async open(
    layout: StoreLayout,
    folder: DiskFolder,
    selected: readonly number[],
  ): Promise<{ readonly share: DiskShare; readonly report: OpeningReport }> {
    const { progress, remembered } = await Progress.open(folder, layout.pieceCount)
    const share = new DiskShare(layout, folder, progress)
    try {
      return { share, report: await share.#restore(selected, remembered) }
    } catch (reason) {
      await share.#letAllGo()
      throw reason
    }
  }

  /** Keep a piece if it fits its hash. */
  write(piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const expected = pieceSize(this.#layout, piece)
    if (bytes.length !== expected) {
      const detail = `piece ${piece}: ${bytes.length} of ${expected} bytes`
      return Promise.reject(new AppError('storage_failed', detail))
    }
    // Hashed at once, beside the writing of those before it.
    const fits = isPiece(this.#layout.pieces, piece, bytes)
    return this.#inTurn(async () => {
      if (!(await fits)) return false
      if (this.#unflushedBytes >= CHECKPOINT_BYTES) await this.#checkpoint()
      await this.#pieces.write(piece, bytes)
      await this.#progress.note(piece)
      setPiece(this.have, piece)
      this.#unflushedBytes += bytes.length
      this.#timer ??= setTimeout(() => this.#checkpointInTurn(), CHECKPOINT_MS)
      return true
    })
  }

  read(piece: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inTurn(async () => {
      if (!this.#has(piece) || offset < 0 || length < 0) {
        throw new AppError('storage_failed', `piece ${piece} is not here`)
      }
      if (offset + length > pieceSize(this.#layout, piece))
        throw new AppError('bad_request', `piece ${piece}`)
      return this.#pieces.read(piece, offset, length)
    })
  }

  select(selected: readonly number[]): Promise<void> {
    return this.#inTurn(() => this.#pieces.select(selected, this.#has))
  }

  /** Close a complete file, with all of it on the disk, so that a page can take it by reference. */
  letGo(file: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#pieces.gather(file, this.#has)
      await this.#files.close(fileName(file))
    })
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true
      await this.#checkpoint().finally(() => this.#letAllGo())
    })
  }

  destroy(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true
      await this.#letAllGo()
      await this.#folder.destroy()
    })
  }

  /** One task at a time has the files: a worker does one anyway, and none finds a handle closed by another. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(() => {
      if (this.#closed) throw new AppError('storage_failed', 'the store is closed')
      return task()
    })
    this.#lastTurn = turn.catch(() => undefined)
    return turn
  }

  async #restore(selected: readonly number[], { checkpoint, journal }: Remembered): Promise<OpeningReport> {
    const sizes = new Map([...(await this.#folder.sizes())].filter(([name]) => DATA_FILE.test(name)))
    const apart = [...sizes.keys()].flatMap(name => DATA_FILE.exec(name)?.groups?.['apart'] ?? []).map(Number)
    this.#pieces = new DiskPieces(this.#layout, this.#files, [], apart)

    const known = (piece: number) => checkpoint !== null && hasPiece(checkpoint.have, piece)
    // Without a checkpoint that can be read, whatever lies there may be good.
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
    await this.#pieces.dropApart(this.#has)
    await this.#pieces.select(selected, this.#has)
    if (!checkpoint || doubtful.size > 0 || lost > 0) await this.#checkpoint()
    return { rechecked: doubtful.size, lost }
  }

  /** All pieces of the files in which one of a few random pieces turns out to be wrong. */
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

  /** All that was written is on the disk and known to be. */
  async #checkpoint(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#files.flush()
    await this.#progress.save(this.have)
    this.#unflushedBytes = 0
  }

  /** One that fails is tried again after the next piece; until then the journal has it all. */
  #checkpointInTurn(): void {
    this.#timer = null
    this.#inTurn(() => this.#checkpoint()).catch(() => undefined)
  }

  async #letAllGo(): Promise<void> {
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
