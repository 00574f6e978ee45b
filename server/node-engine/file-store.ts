import { openAsBlob } from 'node:fs'
import { constants, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { type DiskFile, type DiskFolder, fileName } from '../../lib/storage/disk/disk-folder.ts'
import { DiskShare, type OpeningReport } from '../../lib/storage/disk/disk-share.ts'
import { type PieceStore, pieceSize } from '../../lib/storage/piece-store.ts'
import { ReadCache } from '../../lib/storage/read-cache.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'
import { clearPiece, hasPiece, piecesOf, setPiece } from '../../lib/torrent/piece-map.ts'
import { segmentsOf } from '../../lib/torrent/segments.ts'
import { makeFolder } from '../base/make-folder.ts'
import { toDiskError } from './disk-error.ts'

/** Folders that this process has open: one store per share. */
const openFolders = new Set<string>()

/** Piece store in a folder on disk, laid out and recovered like `OpfsStore`. */
class FileStore implements PieceStore {
  readonly kind = 'disk'
  readonly have: Uint8Array<ArrayBuffer>
  /** What was found on disk when it was opened. */
  readonly report: OpeningReport
  pendingBytes = 0
  readonly #metainfo: Metainfo
  readonly #path: string
  readonly #share: DiskShare
  readonly #cache: ReadCache
  onDamaged: ((pieces: readonly number[]) => void) | null = null
  /** Called, after `onDamaged`, when files turn out to be gone or cut off, with the number of pieces that went with them. */
  onFilesGone: ((pieces: number) => void) | null = null
  /** Pieces that were verified since the store was opened, as a BEP 3 bitfield; others are before they are read. */
  readonly #verified: Uint8Array<ArrayBuffer>
  /** When each file was last modified as far as we know, in milliseconds since 1970. */
  readonly #modified = new Map<number, number>()
  /** Files that pieces were written to since their times were noted. */
  readonly #written = new Set<number>()
  readonly #verifying = new Map<number, Promise<boolean>>()

  constructor(metainfo: Metainfo, path: string, share: DiskShare, report: OpeningReport) {
    this.have = share.have
    this.report = report
    this.#metainfo = metainfo
    this.#path = path
    this.#share = share
    this.#verified = new Uint8Array(share.have.length)
    const { length, pieceLength } = metainfo
    this.#cache = new ReadCache(
      async (start, end) => {
        const piece = Math.floor(start / pieceLength)
        await this.#noticeChanges(piece)
        if (!hasPiece(this.#verified, piece) && !(await this.verify(piece)))
          throw new AppError('storage_failed', `piece ${piece} is damaged`)
        return share.read(piece, start - piece * pieceLength, end - start)
      },
      length,
      pieceLength,
    )
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#requirePiece(index)
    const { length: total, pieceLength } = this.#metainfo
    const start = index * pieceLength + offset
    const end = Math.min((index + 1) * pieceLength, total)
    if (offset < 0 || length < 0 || start + length > end) throw new AppError('bad_request', `piece ${index}`)
    return this.#cache.read(start, start + length).catch(rethrow)
  }

  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.pendingBytes += bytes.length
    try {
      const fits = await this.#share.write(index, bytes).catch(rethrow)
      if (!fits) return false
      setPiece(this.#verified, index)
      for (const file of this.#filesOf(index)) this.#written.add(file)
      return true
    } finally {
      this.pendingBytes -= bytes.length
      if (this.pendingBytes === 0) await this.#noteTimes()
    }
  }

  /** Files are as we wrote them: a time of change after this one is somebody else's. */
  async #noteTimes(): Promise<void> {
    const files = [...this.#written]
    this.#written.clear()
    for (const file of files) this.#modified.set(file, await this.#modifiedAt(file))
  }

  /** Milliseconds since 1970; 0 for a file that is not there. */
  #modifiedAt(file: number): Promise<number> {
    return stat(join(this.#path, fileName(file))).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
  }

  /** See `PieceStore`. Errors: `storage_failed` when the store is closed. */
  verify(index: number): Promise<boolean> {
    const running =
      this.#verifying.get(index) ?? this.#verify(index).finally(() => this.#verifying.delete(index))
    this.#verifying.set(index, running)
    return running
  }

  async #verify(index: number): Promise<boolean> {
    if (!hasPiece(this.have, index)) return false
    await this.#noteUnknown(index)
    const { filesGone, lost } = await this.#share.verify(index).catch(rethrow)
    if (lost.length === 0 && !filesGone) {
      setPiece(this.#verified, index)
      return true
    }
    this.#cache.clear()
    // Whoever took part of the files may have changed the rest of them too.
    if (filesGone) this.#verified.fill(0)
    for (const piece of lost) clearPiece(this.#verified, piece)
    if (lost.length > 0) this.onDamaged?.(lost)
    if (filesGone) this.onFilesGone?.(lost.length)
    return false
  }

  /** Notes the times of files that are read for the first time, so that a later change of them is noticed. */
  async #noteUnknown(piece: number): Promise<void> {
    for (const file of this.#filesOf(piece))
      if (!this.#modified.has(file)) this.#modified.set(file, await this.#modifiedAt(file))
  }

  /** The pieces of a file that something else has changed are verified again. */
  async #noticeChanges(piece: number): Promise<void> {
    // What changes while pieces are written is most likely our own doing.
    if (this.pendingBytes > 0) return
    for (const file of this.#filesOf(piece)) {
      const modified = await this.#modifiedAt(file)
      const known = this.#modified.get(file)
      this.#modified.set(file, modified)
      const entry = this.#metainfo.files[file]
      if (known === undefined || known === modified || !entry) continue
      const pieces = piecesOf(entry, this.#metainfo.pieceLength)
      for (let other = pieces?.first ?? 0; pieces && other <= pieces.last; other++)
        clearPiece(this.#verified, other)
    }
  }

  /** The files on disk that hold bytes of a piece. */
  #filesOf(piece: number): number[] {
    const { files, pieceLength } = this.#metainfo
    const start = piece * pieceLength
    return segmentsOf(files, start, start + pieceSize(this.#metainfo, piece))
      .map(({ file }) => file)
      .filter(file => !files[file]?.padding)
  }

  async select(selected: readonly number[]): Promise<void> {
    await this.#share.select(selected).catch(rethrow)
  }

  async file(index: number): Promise<Blob> {
    const file = this.#metainfo.files[index]
    if (!file) throw new AppError('storage_failed', `there is no file ${index}`)
    const pieces = piecesOf(file, this.#metainfo.pieceLength)
    if (!pieces) return new Blob()
    for (let piece = pieces.first; piece <= pieces.last; piece++) this.#requirePiece(piece)
    await this.#share.closeFile(index).catch(rethrow)
    return openAsBlob(join(this.#path, fileName(index))).catch(rethrow)
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await this.#share
      .close()
      .finally(() => openFolders.delete(this.#path))
      .catch(rethrow)
  }

  async destroy(): Promise<void> {
    this.#cache.clear()
    await this.#share
      .destroy()
      .finally(() => openFolders.delete(this.#path))
      .catch(rethrow)
    this.have.fill(0)
  }

  #requirePiece(index: number): void {
    if (index < 0 || index >= this.#metainfo.pieceCount || !hasPiece(this.have, index)) {
      throw new AppError('storage_failed', `piece ${index} is not here`)
    }
  }
}

/**
 * Opens the store of a share in the folder `<parent>/<info hash>`, with the pieces that are already there, for the files at
 * `selected` (metainfo order). Errors: `share_open_elsewhere` (this process has it open), `storage_full`, `storage_failed`.
 */
export async function openFileStore(
  metainfo: Metainfo,
  selected: readonly number[],
  parent: string,
): Promise<FileStore> {
  const path = join(parent, metainfo.infoHash)
  if (openFolders.has(path)) throw new AppError('share_open_elsewhere', path)
  openFolders.add(path)
  try {
    await makeFolder(path)
    const { dev } = await stat(parent)
    const makeAgain = async (reason: unknown) => {
      // Another device: the disk with the copies is not there any more, and this one must not be filled in its place.
      if ((reason as NodeJS.ErrnoException).code !== 'ENOENT' || (await stat(parent)).dev !== dev)
        throw reason
      await makeFolder(path)
    }
    const { report, share } = await DiskShare.open(metainfo, nodeFolder(path, makeAgain), selected)
    return new FileStore(metainfo, path, share, report)
  } catch (reason) {
    openFolders.delete(path)
    return rethrow(reason)
  }
}

/** `makeAgain` makes a folder that was deleted, or rejects with the reason that it is given. */
function nodeFolder(path: string, makeAgain: (reason: unknown) => Promise<void>): DiskFolder {
  return {
    async open(name) {
      const { O_CREAT, O_RDWR } = constants
      const openIt = () => open(join(path, name), O_RDWR | O_CREAT)
      return diskFile(
        await openIt().catch(async reason => {
          await makeAgain(reason)
          return openIt()
        }),
      )
    },
    async sizes(given) {
      const names = given ?? (await readdir(path).catch(isMissing([])))
      // Somebody may be deleting them.
      const sizes = names.map(async name => {
        const found = await stat(join(path, name)).catch(isMissing(null))
        return found ? [[name, found.size] as const] : []
      })
      return new Map((await Promise.all(sizes)).flat())
    },
    remove: name => rm(join(path, name)),
    destroy: () => rm(path, { recursive: true }),
  }
}

const diskFile = (file: Awaited<ReturnType<typeof open>>): DiskFile => ({
  async read(bytes, at) {
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done
  },
  async write(bytes, at) {
    for (let done = 0; done < bytes.length; ) {
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    }
  },
  truncate: size => file.truncate(size),
  size: async () => (await file.stat()).size,
  flush: () => file.datasync(),
  close: () => file.close(),
})

/** Stands in for what a file or folder that does not exist would say. */
const isMissing =
  <T>(instead: T) =>
  (reason: NodeJS.ErrnoException): T => {
    if (reason.code === 'ENOENT') return instead
    throw reason
  }

function rethrow(reason: unknown): never {
  throw toDiskError(reason)
}
