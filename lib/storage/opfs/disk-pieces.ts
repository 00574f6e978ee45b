import { AppError } from '../../errors.ts'
import { type Segment, segmentsOf } from '../../torrent/segments.ts'
import { pieceSize } from '../piece-store.ts'
import { fileName, pieceName } from './folder.ts'
import type { OpenFiles } from './open-files.ts'
import type { StoreLayout } from './protocol.ts'

/**
 * How pieces lie in files. Each wanted file of the share is one file here. A piece that belongs in part to a file nobody
 * wants is kept whole in a file of its own, beside its wanted parts: the last bytes of an unwanted 10 GB file would
 * otherwise claim 10 GB of room. Padding (BEP 47) is not stored at all. Worker only.
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
    if (!segments.every(({ file }) => this.#selected.has(file))) {
      await this.#files.write(pieceName(piece), bytes, 0)
      this.#apart.add(piece)
    }
    await this.#writeSelected(segments, bytes)
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

  /** Other files are wanted now: what lies apart comes into them, as far as `has` says that it is here. */
  async select(selected: readonly number[], has: (piece: number) => boolean): Promise<void> {
    this.#selected = new Set(selected)
    for (const piece of [...this.#apart]) {
      if (!has(piece)) continue
      const segments = this.#segments(piece)
      const bytes = await this.read(piece, 0, pieceSize(this.#layout, piece))
      await this.#writeSelected(segments, bytes)
      if (!segments.every(({ file }) => this.#selected.has(file))) continue
      // The parts must be on the disk before the whole goes.
      await this.#files.flush()
      this.#apart.delete(piece)
      await this.#files.remove(pieceName(piece))
    }
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

  async #writeSelected(segments: readonly Segment[], bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (const { file, fileOffset, length, rangeOffset } of segments) {
      if (!this.#selected.has(file)) continue
      await this.#files.write(fileName(file), bytes.subarray(rangeOffset, rangeOffset + length), fileOffset)
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
