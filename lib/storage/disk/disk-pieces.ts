import { AppError } from '../../base/errors.ts'
import { type Segment, segmentsOf } from '../../torrent/segments.ts'
import { pieceSize } from '../piece-store.ts'
import { fileName, pieceName } from './disk-folder.ts'
import type { OpenFiles } from './open-files.ts'
import type { StoreLayout } from './store-layout.ts'

/**
 * How pieces are laid out in files. Each selected file of the share is one file here. A piece that overlaps an unselected
 * file, or has bytes of none, is stored whole in a separate file, in addition to its selected parts: the last bytes of an unselected 10 GB file
 * would otherwise take 10 GB of space. Padding (BEP 47) is not stored at all.
 */
export class DiskPieces {
  readonly #layout: StoreLayout
  readonly #files: OpenFiles
  #selected: ReadonlySet<number>
  /** Pieces that are stored in separate files. */
  readonly #separate: Set<number>

  constructor(
    layout: StoreLayout,
    files: OpenFiles,
    selected: readonly number[],
    separate: Iterable<number>,
  ) {
    this.#layout = layout
    this.#files = files
    this.#selected = new Set(selected)
    this.#separate = new Set(separate)
  }

  /** Write a whole piece. */
  async write(piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const segments = this.#segments(piece)
    const whole = this.#isIn(this.#selected, piece)
    if (!whole) {
      await this.#files.write(pieceName(piece), bytes, 0)
      this.#separate.add(piece)
    }
    for (const { file, fileOffset, length, rangeOffset } of segments) {
      if (!this.#selected.has(file)) continue
      await this.#files.write(fileName(file), bytes.subarray(rangeOffset, rangeOffset + length), fileOffset)
    }
    if (whole && this.#separate.has(piece)) await this.#removeSeparate([piece])
  }

  /** Bytes [offset, offset + length) of a piece. Errors: `storage_failed` when a file is too short for them. */
  async read(piece: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length)
    if (this.#separate.has(piece)) {
      if (await this.#files.read(pieceName(piece), bytes, offset)) return bytes
      throw missing(piece)
    }
    const start = piece * this.#layout.pieceLength + offset
    for (const { file, fileOffset, length, rangeOffset } of this.#stored(start, start + bytes.length)) {
      const part = bytes.subarray(rangeOffset, rangeOffset + length)
      if (!(await this.#files.read(fileName(file), part, fileOffset))) throw missing(piece)
    }
    return bytes
  }

  /**
   * Change the selection: separately stored pieces that `has` reports are copied into the newly selected files. When that
   * fails the selection stays as it was.
   */
  async select(selected: Iterable<number>, has: (piece: number) => boolean): Promise<void> {
    const wanted = new Set(selected)
    const whole: number[] = []
    for (const piece of this.#separate) {
      if (!has(piece)) continue
      const segments = this.#segments(piece)
      const bytes = await this.read(piece, 0, pieceSize(this.#layout, piece))
      for (const segment of segments) if (wanted.has(segment.file)) await this.#copy(segment, bytes)
      if (this.#isIn(wanted, piece)) whole.push(piece)
    }
    this.#selected = wanted
    await this.#removeSeparate(whole)
  }

  /** Select one more file, so that all of its bytes are in its own file. */
  async consolidate(file: number, has: (piece: number) => boolean): Promise<void> {
    if (!this.#selected.has(file)) await this.select([...this.#selected, file], has)
  }

  /** Remove separately stored pieces that `has` does not report. */
  async dropSeparate(has: (piece: number) => boolean): Promise<void> {
    await this.#removeSeparate([...this.#separate].filter(piece => !has(piece)))
  }

  /** True when the files are long enough for this piece. `sizes` by name; a missing file has size 0. */
  fits(piece: number, sizes: ReadonlyMap<string, number>): boolean {
    if (this.#separate.has(piece)) {
      return (sizes.get(pieceName(piece)) ?? 0) >= pieceSize(this.#layout, piece)
    }
    if (!this.#isCovered(piece)) return false
    return this.#segments(piece).every(
      ({ file, fileOffset, length }) => (sizes.get(fileName(file)) ?? 0) >= fileOffset + length,
    )
  }

  /** The names of the files that hold bytes of this piece. */
  namesOf(piece: number): string[] {
    if (this.#separate.has(piece)) return [pieceName(piece)]
    return this.#segments(piece).map(({ file }) => fileName(file))
  }

  /** The indexes of the files this piece is stored in; none for a separately stored piece. */
  filesOf(piece: number): number[] {
    return this.#separate.has(piece) ? [] : this.#segments(piece).map(({ file }) => file)
  }

  /** Does not write bytes that are there already: a page may hold the file by reference, which a write would invalidate. */
  async #copy({ file, fileOffset, length, rangeOffset }: Segment, bytes: Uint8Array<ArrayBuffer>) {
    const part = bytes.subarray(rangeOffset, rangeOffset + length)
    const there = new Uint8Array(length)
    const known = await this.#files.read(fileName(file), there, fileOffset)
    if (known && part.every((byte, at) => byte === there[at])) return
    await this.#files.write(fileName(file), part, fileOffset)
  }

  /** Remove the separate files of these pieces, once their parts are on the disk. */
  async #removeSeparate(pieces: readonly number[]): Promise<void> {
    if (pieces.length > 0) await this.#files.flush()
    for (const piece of pieces) {
      this.#separate.delete(piece)
      await this.#files.remove(pieceName(piece))
    }
  }

  /** Whether all bytes of a piece are in the files at `selected`. */
  #isIn(selected: ReadonlySet<number>, piece: number): boolean {
    return this.#isCovered(piece) && this.#segments(piece).every(({ file }) => selected.has(file))
  }

  /** False for a piece with bytes of no file, which the head of an encrypted share has: it is always stored separately. */
  #isCovered(piece: number): boolean {
    const start = piece * this.#layout.pieceLength
    const size = pieceSize(this.#layout, piece)
    const parts = segmentsOf(this.#layout.files, start, start + size)
    return parts.reduce((sum, { length }) => sum + length, 0) === size
  }

  #segments(piece: number): Segment[] {
    const start = piece * this.#layout.pieceLength
    return this.#stored(start, start + pieceSize(this.#layout, piece))
  }

  /** The segments of this range without padding, which is not stored. */
  #stored(start: number, end: number): Segment[] {
    return segmentsOf(this.#layout.files, start, end).filter(({ file }) => !this.#layout.files[file]?.padding)
  }
}

const missing = (piece: number) => new AppError('storage_failed', `piece ${piece} is not on the disk`)
