import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { BucketStore } from '../shares/bucket/bucket-store.ts'
import type { HostedShare } from '../web-seeds/hosted-shares.ts'
import { BucketError, type Objects } from './objects.ts'
import { DamagedPieceError } from './piece-stream.ts'
import { NotUploadableError, uploadShare } from './upload.ts'

/** How often the others are told that an upload goes on. */
const PROGRESS_MS = 10_000
/** An upload of which nothing was heard for so long may be continued by another node. */
export const ABANDONED_MS = 120_000
/** How soon a share that could not be uploaded, for a reason of its own, is tried again. */
const RETRY_MS = 60_000

interface UploadsOptions {
  readonly objects: Objects
  readonly store: Pick<BucketStore, 'claim' | 'progress' | 'finish'>
  /** Names this node in the database. */
  readonly node: () => string
  readonly onSent: (bytes: number) => void
  readonly log: Log
}

/** Uploads shares, one at a time. */
export class Uploads {
  readonly #options: UploadsOptions
  #running: {
    readonly infoHash: InfoHash
    readonly abort: AbortController
    readonly ended: Promise<unknown>
  } | null = null
  /** When a share may be tried again, of a monotonic clock in milliseconds. */
  readonly #retryAt = new Map<InfoHash, number>()

  constructor(options: UploadsOptions) {
    this.#options = options
  }

  /** The share that is being uploaded. */
  get current(): InfoHash | null {
    return this.#running?.infoHash ?? null
  }

  /** Whether a share may be tried now. */
  mayTry(infoHash: InfoHash): boolean {
    return performance.now() >= (this.#retryAt.get(infoHash) ?? 0)
  }

  /** Uploads a share; true when all of it is there and the database knows. Errors: `BucketError`, those of the database; the reason of `signal`. */
  async run(share: HostedShare, signal: AbortSignal): Promise<boolean> {
    const { infoHash } = share.metainfo
    const abort = new AbortController()
    const work = this.#claimAndUpload(share, AbortSignal.any([signal, abort.signal]), abort)
    this.#running = { infoHash, abort, ended: work.catch(() => undefined) }
    try {
      return await work
    } catch (reason) {
      // Somebody took the share away: that is no fault.
      if (abort.signal.aborted && !signal.aborted) return false
      if (reason instanceof BucketError || signal.aborted) throw reason
      this.#failed(share, reason)
      return false
    } finally {
      this.#running = null
    }
  }

  /** Resolves when nothing of a share is being uploaded from here (any more). */
  async stop(infoHash: InfoHash): Promise<void> {
    if (this.#running?.infoHash !== infoHash) return
    this.#running.abort.abort()
    await this.#running.ended
  }

  async #claimAndUpload(share: HostedShare, signal: AbortSignal, abort: AbortController): Promise<boolean> {
    const { node, store } = this.#options
    const { infoHash } = share.metainfo
    const now = Date.now()
    const claim = { node: node(), at: new Date(now), abandonedBefore: new Date(now - ABANDONED_MS) }
    if (await store.claim(infoHash, claim)) return this.#upload(share, signal, abort)
    this.#retryAt.set(infoHash, performance.now() + PROGRESS_MS)
    return false
  }

  async #upload(share: HostedShare, signal: AbortSignal, abort: AbortController): Promise<boolean> {
    const { log, node, objects, onSent, store } = this.#options
    const { infoHash, length } = share.metainfo
    let openFile: number | null = null
    const tell = async () => {
      if (!(await store.progress(infoHash, node(), openFile, new Date()))) abort.abort()
      signal.throwIfAborted()
    }
    // While the database is away the upload goes on: the next time it is told.
    const timer = setInterval(() => tell().catch(() => undefined), PROGRESS_MS)
    try {
      const onOpen = (file: number | null) => {
        openFile = file
        return tell()
      }
      const has = await uploadShare({ objects, share, signal, onOpen, onSent })
      const isThere = await store.finish(infoHash, node(), has, new Date())
      if (isThere) log.info({ infoHash, length }, 'share is in the bucket')
      return isThere
    } finally {
      clearInterval(timer)
    }
  }

  #failed(share: HostedShare, reason: unknown): void {
    const { infoHash } = share.metainfo
    this.#retryAt.set(infoHash, performance.now() + RETRY_MS)
    if (reason instanceof DamagedPieceError) {
      share.damaged(reason.piece)
      this.#options.log.warn(
        { infoHash, piece: reason.piece },
        'a piece is damaged: the share is not in the bucket',
      )
    } else if (reason instanceof NotUploadableError) {
      this.#options.log.info({ infoHash, reason: reason.message }, 'share is not in the bucket')
    } else this.#options.log.error({ err: reason, infoHash }, 'share is not in the bucket')
  }
}
