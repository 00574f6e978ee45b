import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../lib/base/errors.ts'
import { TokenBucket } from '../../lib/base/token-bucket.ts'
import type { ByteRange } from '../../lib/play/range.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { Reply } from '../http/reply.ts'
import { FilePaths } from './file-paths.ts'
import { FileSlice } from './file-slice.ts'
import { headFor } from './head.ts'
import type { HeldShare, HeldShares } from './hosted-shares.ts'

/** Most answers with a body at a time, and of those to one client address. */
const ANSWERS_MAX = 256
const ANSWERS_PER_ADDRESS_MAX = 64

const CHUNK_BYTES = 256 * 1024
/** With a limit, chunks of a sixteenth of a second: many answers share it evenly, and none seems stalled. */
const CHUNKS_PER_SECOND = 16
const CHUNK_MIN_BYTES = 1024

interface Running {
  readonly infoHash: InfoHash
  readonly address: string | undefined
  readonly slice: FileSlice
}

interface WebSeedOptions {
  readonly held: HeldShares
  /** Bytes a second for all answers together; null for no limit. */
  readonly limit: number | null
  readonly log: Log
}

/** Serves the files of shares this server holds complete over plain HTTP (BEP 19), straight from disk. */
export class WebSeed {
  readonly #held: HeldShares
  readonly #log: Log
  readonly #paths = new FilePaths()
  readonly #bucket = new TokenBucket()
  readonly #chunkBytes: number
  readonly #running = new Set<Running>()
  #sent = 0

  constructor({ held, limit, log }: WebSeedOptions) {
    this.#held = held
    this.#log = log
    this.#bucket.setRate(limit)
    const chunk = Math.floor((limit ?? Number.POSITIVE_INFINITY) / CHUNKS_PER_SECOND)
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.max(CHUNK_MIN_BYTES, chunk))
  }

  /** Bytes that were handed out since the start of this process. */
  get sent(): number {
    return this.#sent
  }

  /**
   * `GET` or `HEAD /w/<infohash>/<path>` for a client at `address`. `path` is percent-encoded as it came.
   * Errors: `share_not_found`, `share_not_held`, `file_not_found`, `server_busy`, `held_file_damaged`.
   */
  async answer(
    hash: string,
    path: string,
    request: Pick<IncomingMessage, 'method' | 'headers'>,
    address: string | undefined,
  ): Promise<Reply> {
    const infoHash = parseInfoHash(hash)
    if (infoHash === null) throw new AppError('share_not_found', 'an info hash has 40 hex digits')
    const share = this.#held.find(infoHash)
    if (!share?.complete) throw new AppError('share_not_held')
    const index = this.#paths.find(share.metainfo, path)
    const entry = index === undefined ? undefined : share.metainfo.files[index]
    if (index === undefined || !entry) throw new AppError('file_not_found')

    const method = request.method ?? ''
    const name = entry.path.at(-1) ?? ''
    const head = headFor({ infoHash, index, name, length: entry.length }, method, request.headers)
    if (entry.length === 0) {
      share.touched(0)
      return { status: head.status, headers: head.headers }
    }
    const location = share.file(index)
    if (location === null) throw new AppError('file_not_found')
    const file = await openWhole(location, entry.length).catch(reason => {
      this.#log.error({ err: reason, infoHash, file: index }, 'web seed cannot open a held file')
      throw reason
    })
    try {
      // It may have been dropped while the file was opened.
      if (this.#held.find(infoHash) !== share) throw new AppError('share_not_held')
      share.touched(0)
      if (head.body === null || method === 'HEAD') {
        await file.close()
        return { status: head.status, headers: head.headers }
      }
      this.#requireRoom(address)
    } catch (reason) {
      await file.close()
      throw reason
    }
    return {
      status: head.status,
      headers: head.headers,
      body: this.#stream(share, index, file, head.body, address),
    }
  }

  /** Cut the answers that run from this share, also those nobody reads: it was removed or blocked. */
  drop(infoHash: InfoHash): void {
    for (const { infoHash: served, slice } of this.#running) {
      if (served === infoHash) slice.destroy()
    }
  }

  #stream(
    share: HeldShare,
    index: number,
    file: FileHandle,
    range: ByteRange,
    address: string | undefined,
  ): FileSlice {
    const { infoHash } = share.metainfo
    const slice = new FileSlice({
      file,
      range,
      chunkBytes: this.#chunkBytes,
      allow: (bytes, signal) => this.#allow(bytes, signal),
      onSent: bytes => {
        this.#sent += bytes
        share.touched(bytes)
        if (this.#held.find(infoHash) !== share) slice.destroy()
      },
      onFailure: reason =>
        this.#log.error({ err: reason, infoHash, file: index }, 'web seed cannot read a held file'),
    })
    const running = { infoHash, address, slice }
    this.#running.add(running)
    slice.once('close', () => this.#running.delete(running))
    return slice
  }

  #requireRoom(address: string | undefined): void {
    const all = [...this.#running]
    const own = all.filter(running => running.address === address)
    if (all.length >= ANSWERS_MAX || own.length >= ANSWERS_PER_ADDRESS_MAX) throw new AppError('server_busy')
  }

  /** The wait is worked out and the bytes are counted at once, so that answers pass in the order they asked. */
  async #allow(bytes: number, signal: AbortSignal): Promise<void> {
    const wait = this.#bucket.wait(performance.now())
    this.#bucket.take(bytes)
    if (wait > 0) await delay(wait, undefined, { signal })
  }
}

/**
 * The regular file at `path`, which is `length` bytes long and not a symbolic link. Errors: `held_file_damaged`,
 * `server_busy`.
 */
async function openWhole(path: string, length: number): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  let file: FileHandle
  try {
    // Without O_NONBLOCK a FIFO would hold one of the few threads for ever.
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (cause) {
    // This process or the system has too many files open: nothing is wrong with this one.
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EMFILE' || code === 'ENFILE') throw new AppError('server_busy')
    throw new AppError('held_file_damaged', 'it cannot be opened', { cause })
  }
  const stat = await file.stat()
  if (stat.isFile() && stat.size === length) return file
  await file.close()
  throw new AppError('held_file_damaged', 'it is not the file that was verified')
}
