import { openAsBlob } from 'node:fs'
import { constants, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { type DiskFile, type DiskFolder, fileName } from '../../lib/storage/disk/disk-folder.ts'
import { DiskShare, type OpeningReport } from '../../lib/storage/disk/disk-share.ts'
import type { PieceStore } from '../../lib/storage/piece-store.ts'
import { ReadCache } from '../../lib/storage/read-cache.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'
import { hasPiece, piecesOf } from '../../lib/torrent/piece-map.ts'
import { toDiskError } from '../seeder/disk-error.ts'

/** Folders this process has open: one store a share. */
const openFolders = new Set<string>()

/** Store of a share in a folder of this computer, laid out and recovered like `OpfsStore`. */
class FileStore implements PieceStore {
  readonly kind = 'disk'
  readonly have: Uint8Array<ArrayBuffer>
  /** What was found when it was opened. */
  readonly report: OpeningReport
  pendingBytes = 0
  readonly #metainfo: Metainfo
  readonly #path: string
  readonly #share: DiskShare
  readonly #cache: ReadCache

  constructor(metainfo: Metainfo, path: string, share: DiskShare, report: OpeningReport) {
    this.have = share.have
    this.report = report
    this.#metainfo = metainfo
    this.#path = path
    this.#share = share
    const { length, pieceLength } = metainfo
    this.#cache = new ReadCache(
      (start, end) => {
        const piece = Math.floor(start / pieceLength)
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
      return await this.#share.write(index, bytes).catch(rethrow)
    } finally {
      this.pendingBytes -= bytes.length
    }
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
    await this.#share.letGo(index).catch(rethrow)
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
 * Open the store of a share in the folder `<parent>/<info hash>`, with what is already there, for the files at `selected`
 * (metainfo order). Errors: `share_open_elsewhere` (this process has it open), `storage_full`, `storage_failed`.
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
    await mkdir(path, { recursive: true })
    const { report, share } = await DiskShare.open(metainfo, nodeFolder(path), selected)
    return new FileStore(metainfo, path, share, report)
  } catch (reason) {
    openFolders.delete(path)
    return rethrow(reason)
  }
}

function nodeFolder(path: string): DiskFolder {
  return {
    async open(name) {
      const { O_CREAT, O_RDWR } = constants
      return diskFile(await open(join(path, name), O_RDWR | O_CREAT))
    },
    async sizes() {
      const names = await readdir(path)
      const sizes = names.map(async name => [name, (await stat(join(path, name))).size] as const)
      return new Map(await Promise.all(sizes))
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

function rethrow(reason: unknown): never {
  throw toDiskError(reason)
}
