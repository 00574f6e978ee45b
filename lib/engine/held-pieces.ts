import { AppError } from '../base/errors.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { type ContentRange, clearPiece, hasPiece, piecesOf, setPiece } from '../torrent/piece-map.ts'
import { segmentsOf } from '../torrent/segments.ts'

/**
 * Which pieces of a share this tab has: the one place the engine asks. A store knows only what it found and wrote, and
 * webtorrent has a copy for its protocol messages. Also counts the bytes of each file and wakes readers that wait for a piece.
 */
export class HeldPieces {
  /** BEP 3 bitfield. */
  readonly bitfield: Uint8Array<ArrayBuffer>
  /** Bytes held of each file. */
  readonly fileBytes: Float64Array
  readonly #metainfo: Metainfo
  readonly #waiting = new Map<number, Set<() => void>>()
  #missing: number

  /** `have`: the pieces held from the start, as a BEP 3 bitfield. */
  constructor(metainfo: Metainfo, have: Uint8Array | 'all') {
    this.#metainfo = metainfo
    this.bitfield = new Uint8Array(Math.ceil(metainfo.pieceCount / 8))
    this.fileBytes = new Float64Array(metainfo.files.length)
    this.#missing = metainfo.pieceCount
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      if (have === 'all' || hasPiece(have, piece)) this.add(piece)
    }
  }

  get complete(): boolean {
    return this.#missing === 0
  }

  has(piece: number): boolean {
    return hasPiece(this.bitfield, piece)
  }

  /** The piece is verified and stored. */
  add(piece: number): void {
    if (this.has(piece)) return
    setPiece(this.bitfield, piece)
    this.#missing--
    this.#countFiles(piece)
    for (const arrived of this.#waiting.get(piece) ?? []) arrived()
    this.#waiting.delete(piece)
  }

  /** The store no longer has the piece because its reader took it. Its bytes stay counted: the person has them. */
  release(piece: number): void {
    if (!this.has(piece)) return
    clearPiece(this.bitfield, piece)
    this.#missing++
  }

  /** The stored piece is damaged: it is missing again, with its bytes. */
  lose(piece: number): void {
    if (!this.has(piece)) return
    this.release(piece)
    const { files, length, pieceLength } = this.#metainfo
    const start = piece * pieceLength
    for (const segment of segmentsOf(files, start, Math.min(start + pieceLength, length))) {
      this.fileBytes[segment.file] = Math.max(0, (this.fileBytes[segment.file] ?? 0) - segment.length)
    }
  }

  /** Resolves when the piece is here. Errors: `cancelled` when `signal` aborts. */
  arrival(piece: number, signal: AbortSignal): Promise<void> {
    if (this.has(piece)) return Promise.resolve()
    if (signal.aborted) return Promise.reject(new AppError('cancelled'))
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(piece) ?? new Set()
      const cancel = () => {
        waiting.delete(arrived)
        reject(new AppError('cancelled'))
      }
      const arrived = () => {
        signal.removeEventListener('abort', cancel)
        resolve()
      }
      this.#waiting.set(piece, waiting.add(arrived))
      signal.addEventListener('abort', cancel, { once: true })
    })
  }

  #countFiles(piece: number): void {
    const { files, length, pieceLength } = this.#metainfo
    const start = piece * pieceLength
    for (const segment of segmentsOf(files, start, Math.min(start + pieceLength, length))) {
      const bytes = (this.fileBytes[segment.file] ?? 0) + segment.length
      // A piece that was released and fetched again counts once.
      this.fileBytes[segment.file] = Math.min(files[segment.file]?.length ?? 0, bytes)
    }
  }
}

/**
 * The pieces that hold a byte of the files at `selected`, as a bitfield. Of a share that its key has opened, also what is before the
 * files, and with all of them what is behind: only whole copies keep a share alive.
 */
export function piecesOfFiles(
  { files, length, pieceCount, pieceLength }: Metainfo,
  selected: ReadonlySet<number>,
): Uint8Array {
  const pieces = new Uint8Array(Math.ceil(pieceCount / 8))
  const add = (range: ContentRange | undefined) => {
    const run = range && piecesOf(range, pieceLength)
    for (let piece = run?.first ?? 0; run && piece <= run.last; piece++) setPiece(pieces, piece)
  }
  for (const index of selected) add(files[index])
  const last = files.at(-1)
  const end = last ? last.offset + last.length : 0
  if (selected.size > 0) add({ offset: 0, length: files[0]?.offset ?? 0 })
  if (selected.size === files.length) add({ offset: end, length: length - end })
  return pieces
}
