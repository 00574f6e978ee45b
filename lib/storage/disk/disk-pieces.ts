import { AppError } from '../../base/errors.ts'
import { type Segment, segmentsOf } from '../../torrent/segments.ts'
import { pieceSize } from '../piece-store.ts'
import { fileName, pieceName } from './disk-folder.ts'
import type { StoreLayout } from './disk-share.ts'
import type { OpenFiles } from './open-files.ts'

/**
 * How pieces lie in files. Each wanted file of the share is one file here. A piece that belongs in part to a file nobody
 * wants is kept whole in a file of its own, beside its wanted parts: the last bytes of an unwanted 10 GB file would
 * otherwise claim 10 GB of room. Padding (BEP 47) is not stored at all.
 */
export class DiskPieces {
  readonly #layout: StoreLayout
  readonly #files: OpenFiles
  #selected: ReadonlySet<number>
  /** Pieces with a file of their own. */
  readonly #apart: Set<number>

  constructor(layout: StoreLayout, files: OpenFiles, selected: readonly number[], apart: Iterable<number>) {
    this.#layout = layout
    this.#files = files
    this.#selected = new Set(selected)
    this.#apart = new Set(apart)
  }

  /** Write a whole piece. */
  async write(piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const segments = this.#segments(piece)
    const whole = segments.every(({ file }) => this.#selected.has(file))
    if (!whole) {
      await this.#files.write(pieceName(piece), bytes, 0)
      this.#apart.add(piece)
    }
    for (const { file, fileOffset, length, rangeOffset } of segments) {
      if (!this.#selected.has(file)) continue
      await this.#files.write(fileName(file), bytes.subarray(rangeOffset, rangeOffset + length), fileOffset)
    }
    if (whole && this.#apart.has(piece)) await this.#forgetApart([piece])
  }

  /** Bytes [offset, offset + length) of a piece. Errors: `storage_failed` when a file is too short for them. */
  async read(piece: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length)
    if (this.#apart.has(piece)) {
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
   * Other files are wanted now: what lies apart comes into them, as far as `has` says that it is here. When that fails
   * nothing is selected anew.
   */
  async select(selected: Iterable<number>, has: (piece: number) => boolean): Promise<void> {
    const wanted = new Set(selected)
    const whole: number[] = []
    for (const piece of this.#apart) {
      if (!has(piece)) continue
      const segments = this.#segments(piece)
      const bytes = await this.read(piece, 0, pieceSize(this.#layout, piece))
      for (const segment of segments) if (wanted.has(segment.file)) await this.#copy(segment, bytes)
      if (segments.every(({ file }) => wanted.has(file))) whole.push(piece)
    }
    this.#selected = wanted
    await this.#forgetApart(whole)
  }

  /** Select one more file, so that it lies in one piece. */
  async gather(file: number, has: (piece: number) => boolean): Promise<void> {
    if (!this.#selected.has(file)) await this.select([...this.#selected, file], has)
  }

  /** Remove what lies apart and is not good. */
  async dropApart(has: (piece: number) => boolean): Promise<void> {
    await this.#forgetApart([...this.#apart].filter(piece => !has(piece)))
  }

  /** True when the files are long enough for this piece; `sizes` by name, missing ones are 0. */
  fits(piece: number, sizes: ReadonlyMap<string, number>): boolean {
    if (this.#apart.has(piece)) {
      return (sizes.get(pieceName(piece)) ?? 0) >= pieceSize(this.#layout, piece)
    }
    return this.#segments(piece).every(
      ({ file, fileOffset, length }) => (sizes.get(fileName(file)) ?? 0) >= fileOffset + length,
    )
  }

  /** The files this piece lies in, by their index; a piece that lies apart is alone. */
  filesOf(piece: number): number[] {
    return this.#apart.has(piece) ? [] : this.#segments(piece).map(({ file }) => file)
  }

  /** What is there already is not written again: a page may hold the file by reference, and would lose it. */
  async #copy({ file, fileOffset, length, rangeOffset }: Segment, bytes: Uint8Array<ArrayBuffer>) {
    const part = bytes.subarray(rangeOffset, rangeOffset + length)
    const there = new Uint8Array(length)
    const known = await this.#files.read(fileName(file), there, fileOffset)
    if (known && part.every((byte, at) => byte === there[at])) return
    await this.#files.write(fileName(file), part, fileOffset)
  }

  /** The files these pieces have for themselves go; their parts must be on the disk before. */
  async #forgetApart(pieces: readonly number[]): Promise<void> {
    if (pieces.length > 0) await this.#files.flush()
    for (const piece of pieces) {
      this.#apart.delete(piece)
      await this.#files.remove(pieceName(piece))
    }
  }

  #segments(piece: number): Segment[] {
    const start = piece * this.#layout.pieceLength
    return this.#stored(start, start + pieceSize(this.#layout, piece))
  }

  /** Parts of the content that are stored at all. */
  #stored(start: number, end: number): Segment[] {
    return segmentsOf(this.#layout.files, start, end).filter(({ file }) => !this.#layout.files[file]?.padding)
  }
}

const missing = (piece: number) => new AppError('storage_failed', `piece ${piece} is not on the disk`)
