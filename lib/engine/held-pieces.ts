import { AppError } from '../base/errors.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { clearPiece, hasPiece, piecesOf, setPiece } from '../torrent/piece-map.ts'
import { segmentsOf } from '../torrent/segments.ts'

/** Which pieces of a share are here, what that means for its files, and who waits for one. */
export class Holdings {
  /** BEP 3 bitfield. */
  readonly pieces: Uint8Array<ArrayBuffer>
  /** Bytes of each file that are here. */
  readonly fileBytes: Float64Array
  readonly #metainfo: Metainfo
  readonly #waiting = new Map<number, Set<() => void>>()
  #missing: number

  constructor(metainfo: Metainfo) {
    this.#metainfo = metainfo
    this.pieces = new Uint8Array(Math.ceil(metainfo.pieceCount / 8))
    this.fileBytes = new Float64Array(metainfo.files.length)
    this.#missing = metainfo.pieceCount
  }

  get complete(): boolean {
    return this.#missing === 0
  }

  has(piece: number): boolean {
    return hasPiece(this.pieces, piece)
  }

  add(piece: number): void {
    if (this.has(piece)) return
    setPiece(this.pieces, piece)
    this.#missing--
    this.#countFiles(piece)
    for (const arrived of this.#waiting.get(piece) ?? []) arrived()
    this.#waiting.delete(piece)
  }

  /** A piece that was passed on is not here any more; its bytes stay counted, the person has them. */
  passOn(piece: number): void {
    if (!this.has(piece)) return
    clearPiece(this.pieces, piece)
    this.#missing++
  }

  /** Resolves when the piece is here. Errors: `cancelled` when `signal` aborts. */
  arrival(piece: number, signal: AbortSignal): Promise<void> {
    if (this.has(piece)) return Promise.resolve()
    if (signal.aborted) return Promise.reject(new AppError('cancelled'))
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(piece) ?? new Set()
      this.#waiting.set(piece, waiting.add(resolve))
      signal.addEventListener(
        'abort',
        () => {
          waiting.delete(resolve)
          reject(new AppError('cancelled'))
        },
        { once: true },
      )
    })
  }

  #countFiles(piece: number): void {
    const { files, length, pieceLength } = this.#metainfo
    const start = piece * pieceLength
    for (const segment of segmentsOf(files, start, Math.min(start + pieceLength, length))) {
      const bytes = (this.fileBytes[segment.file] ?? 0) + segment.length
      // A piece that was passed on and fetched again counts once.
      this.fileBytes[segment.file] = Math.min(files[segment.file]?.length ?? 0, bytes)
    }
  }
}

/** The pieces that hold a byte of the files at `selected`, as a bitfield. */
export function piecesOfFiles(
  { files, pieceCount, pieceLength }: Metainfo,
  selected: Iterable<number>,
): Uint8Array {
  const pieces = new Uint8Array(Math.ceil(pieceCount / 8))
  for (const index of selected) {
    const file = files[index]
    const run = file && piecesOf(file, pieceLength)
    for (let piece = run?.first ?? 0; run && piece <= run.last; piece++) setPiece(pieces, piece)
  }
  return pieces
}
