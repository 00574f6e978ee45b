import { debugPatterns } from '../../base/debug.ts'
import { AppError } from '../../base/errors.ts'
import { isLoadError } from '../../base/worker-error.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { hasPiece, piecesOf, setPiece } from '../../torrent/piece-map.ts'
import { fileName } from '../disk/disk-folder.ts'
import type { OpeningReport } from '../disk/disk-share.ts'
import type { PieceStore } from '../piece-store.ts'
import { ReadCache } from '../read-cache.ts'
import { sharesFolder } from './folder.ts'
import type { StoreAnswers, StoreReply, StoreRequest } from './protocol.ts'
import { startOpfsWorker } from './start-worker.ts'
import { deleteStored } from './stored-shares.ts'

/** Bytes cached in this tab for other readers; the rest is read again. */
const CACHE_BYTES = 16 * 1024 * 1024

/**
 * Store of a download on disk, in the private file system of our origin (OPFS); survives a reload and a crash. All work is
 * done in a worker per store, which hashes the pieces it writes.
 */
export class OpfsStore implements PieceStore {
  readonly kind = 'disk'
  readonly have: Uint8Array<ArrayBuffer>
  /** What was found when it was opened. */
  readonly report: OpeningReport
  pendingBytes = 0
  readonly #metainfo: Metainfo
  readonly #worker: StoreWorker
  readonly #cache: ReadCache

  /** Use `openOpfsStore`. */
  constructor(metainfo: Metainfo, worker: StoreWorker, { have, report }: StoreAnswers['open']) {
    this.have = have
    this.report = report
    this.#metainfo = metainfo
    this.#worker = worker
    const { length, pieceLength } = metainfo
    this.#cache = new ReadCache(
      (start, end) => {
        const piece = Math.floor(start / pieceLength)
        return worker.ask({ do: 'read', piece, offset: start - piece * pieceLength, length: end - start })
      },
      length,
      pieceLength,
      CACHE_BYTES,
    )
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { length: total, pieceCount, pieceLength } = this.#metainfo
    if (index < 0 || index >= pieceCount || !hasPiece(this.have, index)) {
      throw new AppError('storage_failed', `piece ${index} is not here`)
    }
    const start = index * pieceLength + offset
    const end = Math.min((index + 1) * pieceLength, total)
    if (offset < 0 || length < 0 || start + length > end) throw new AppError('bad_request', `piece ${index}`)
    return this.#cache.read(start, start + length)
  }

  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { length } = bytes
    this.pendingBytes += length
    try {
      const fits = await this.#worker.ask({ do: 'write', piece: index, bytes }, [bytes.buffer])
      if (fits) setPiece(this.have, index)
      return fits
    } finally {
      this.pendingBytes -= length
    }
  }

  async select(selected: readonly number[]): Promise<void> {
    await this.#worker.ask({ do: 'select', selected })
  }

  async file(index: number): Promise<Blob> {
    const file = this.#metainfo.files[index]
    if (!file) throw new AppError('storage_failed', `there is no file ${index}`)
    const pieces = piecesOf(file, this.#metainfo.pieceLength)
    for (let piece = pieces?.first ?? 0; pieces && piece <= pieces.last; piece++) {
      if (!hasPiece(this.have, piece)) throw new AppError('storage_failed', `piece ${piece} is not here`)
    }
    // A worker that has ended has no file open.
    if (!this.#worker.ended) await this.#worker.ask({ do: 'closeFile', file: index })
    return storedFile(this.#metainfo, index)
  }

  async close(): Promise<void> {
    this.#cache.clear()
    if (this.#worker.ended) return
    await this.#worker.ask({ do: 'close' }).finally(() => this.#worker.end())
  }

  async destroy(): Promise<void> {
    this.#cache.clear()
    this.have.fill(0)
    if (this.#worker.ended) return deleteStored(this.#metainfo.infoHash)
    await this.#worker.ask({ do: 'destroy' }).finally(() => this.#worker.end())
  }
}

/** Requests and answers of a store's worker. */
class StoreWorker {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(answer: never): void; reject(reason: AppError): void }>()
  #lastId = 0
  #endedBy: AppError | null = null

  constructor() {
    this.#worker = startOpfsWorker()
    this.#worker.onmessage = ({ data }: MessageEvent<StoreReply>) => this.#settle(data)
    this.#worker.onerror = ({ message }) =>
      this.#fail(
        isLoadError(message)
          ? new AppError('server_unreachable', 'the store worker could not be loaded')
          : new AppError('storage_failed', `store worker: ${message}`),
      )
  }

  /** True once it is closed or has crashed: it answers nothing, and no file is open. */
  get ended(): boolean {
    return this.#endedBy !== null
  }

  /** Errors: those of the store. `transfer` is no longer usable in this thread afterwards. */
  ask<R extends StoreRequest>(request: R, transfer: Transferable[] = []): Promise<StoreAnswers[R['do']]> {
    if (this.#endedBy) return Promise.reject(this.#endedBy)
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, ...request }, transfer)
    })
  }

  end(): void {
    this.#fail(new AppError('storage_failed', 'the store is closed'))
  }

  #settle({ answer, failure, id }: StoreReply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (failure) waiting?.reject(new AppError(failure.code, failure.detail))
    else waiting?.resolve(answer as never)
  }

  #fail(reason: AppError): void {
    this.#endedBy = reason
    this.#worker.terminate()
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
  }
}

/** Have the browser fetch the worker's script now, so that the first store need not wait for it. */
export function preloadStoreWorker(): void {
  const worker = new StoreWorker()
  const end = () => worker.end()
  worker.ask({ do: 'wake' }).then(end, end)
}

/** Whether `openOpfsStore` failed because this browser has private files and cannot write into them (WebKitGTK 2.50). */
export const isUnsupported = (reason: unknown): boolean =>
  reason instanceof AppError && /^NotSupportedError\b/.test(reason.detail)

/**
 * Open the store of a share, with what is already there, for the files at `selected` (metainfo order).
 * Errors: `share_open_elsewhere` (another tab has it), `storage_full`, `storage_failed`, `server_unreachable` (the worker's
 * script).
 */
export async function openOpfsStore(metainfo: Metainfo, selected: readonly number[]): Promise<OpfsStore> {
  const { files, infoHash, length, pieceCount, pieceLength, pieces } = metainfo
  const worker = new StoreWorker()
  const places = files.map(({ length, offset, padding }) => ({ length, offset, padding }))
  const layout = { infoHash, length, pieceCount, pieceLength, pieces, files: places }
  try {
    return new OpfsStore(
      metainfo,
      worker,
      await worker.ask({ do: 'open', layout, selected, debug: debugPatterns() }),
    )
  } catch (reason) {
    worker.end()
    throw reason
  }
}

/**
 * A complete file of a download, whichever tab has the store open. The content is not verified again. Errors:
 * `storage_failed` when the file is incomplete.
 */
export async function storedFile({ files, infoHash }: Metainfo, index: number): Promise<Blob> {
  const length = files[index]?.length ?? 0
  if (length === 0) return new Blob()
  try {
    const folder = await (await sharesFolder()).getDirectoryHandle(infoHash)
    const file = await (await folder.getFileHandle(fileName(index))).getFile()
    if (file.size === length) return file
  } catch (reason) {
    throw new AppError('storage_failed', `file ${index}`, { cause: reason })
  }
  throw new AppError('storage_failed', `file ${index} is incomplete`)
}
