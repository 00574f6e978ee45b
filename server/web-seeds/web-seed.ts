import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../lib/base/errors.ts'
import { TokenBucket } from '../../lib/base/token-bucket.ts'
import type { ByteRange } from '../../lib/play/range.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { Reply } from '../http/reply.ts'
import { AnswerSlots, type RunningAnswer } from './answer-slots.ts'
import { fileAt } from './file-paths.ts'
import { FileSlice, type Rest } from './file-slice.ts'
import { headFor } from './head.ts'
import type { HostedShare, HostedShares } from './hosted-shares.ts'
import { PassingOn } from './passing-on.ts'
import { PieceCheck } from './piece-check.ts'

const CHUNK_BYTES = 256 * 1024
/** With a limit, a chunk is worth a sixteenth of a second, so that many answers share it evenly and none seems stalled. */
const CHUNKS_PER_SECOND = 16
const CHUNK_MIN_BYTES = 1024

interface Running extends RunningAnswer {
  readonly infoHash: InfoHash
}

interface WebSeedOptions {
  readonly hosted: HostedShares
  /** Bytes a second of all answers together; null for no limit. */
  readonly limit: number | null
  readonly log: Log
}

/** What of a file is sent, and where the rest of it is if it is damaged. */
interface Sent {
  readonly index: number
  readonly file: FileHandle
  readonly range: ByteRange
  readonly rest: Rest
}

/** A file that is said to be here is not what was verified: one of another holder may be. */
export const isDamage = (reason: unknown): boolean =>
  reason instanceof AppError && reason.code === 'held_file_damaged'

/** Serves the files of shares this server holds complete over plain HTTP (BEP 19), straight from disk. */
export class WebSeed {
  readonly #hosted: HostedShares
  readonly #log: Log
  readonly #bucket = new TokenBucket()
  readonly #chunkBytes: number
  readonly #slots = new AnswerSlots<Running>()
  readonly #checks = new WeakMap<HostedShare, PieceCheck>()
  #sent = 0

  constructor({ hosted, limit, log }: WebSeedOptions) {
    this.#hosted = hosted
    this.#log = log
    this.#bucket.setRate(limit)
    const chunk = Math.floor((limit ?? Number.POSITIVE_INFINITY) / CHUNKS_PER_SECOND)
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.max(CHUNK_MIN_BYTES, chunk))
  }

  /** Whether all of a share is here. */
  has(infoHash: InfoHash): boolean {
    return this.#hosted.find(infoHash)?.complete === true
  }

  /** Bytes sent since the start of this process. */
  get sent(): number {
    return this.#sent
  }

  /**
   * Answers `GET` or `HEAD /w/<infohash>/<path>` (BEP 19) for a client of `network` (`clientNetwork`); `path` is still percent-encoded.
   * Where a file turns out to be damaged after the answer has begun, it goes on with what `rest` has.
   * Errors: `share_not_found`, `share_not_held`, `file_not_found`, `server_busy`, `held_file_damaged`.
   */
  async answer(
    hash: string,
    path: string,
    request: Pick<IncomingMessage, 'method' | 'headers'>,
    network: string,
    rest: Rest = async () => null,
  ): Promise<Reply> {
    const infoHash = parseInfoHash(hash)
    if (infoHash === null) throw new AppError('share_not_found', 'an info hash has 40 hex digits')
    const share = this.#hosted.find(infoHash)
    if (!share?.complete) throw new AppError('share_not_held')
    const entry = fileAt(share.metainfo, path)
    if (!entry) throw new AppError('file_not_found')
    const { index, length, name, padding } = entry

    const method = request.method ?? ''
    const headOf = (modified: Date | null) =>
      headFor({ infoHash, index, name, length, modified }, method, request.headers)
    if (length === 0) {
      const head = headOf(null)
      share.touched(0)
      return { status: head.status, headers: head.headers }
    }
    const location = share.file(index)
    if (location === null && padding) throw new AppError('file_not_found')
    const { file, modified } = await openWhole(location, length).catch(reason => {
      this.#log.error({ err: reason, infoHash, file: index }, 'web seed cannot open a hosted file')
      if (isDamage(reason)) this.#checkOf(share).lost(index)
      throw reason
    })
    const head = headOf(modified)
    try {
      // The share may have been dropped while the file was opened.
      if (this.#hosted.find(infoHash) !== share) throw new AppError('share_not_held')
      share.touched(0)
      if (head.body === null || method === 'HEAD') {
        await file.close()
        return { status: head.status, headers: head.headers }
      }
      this.#slots.require(network)
      const check = this.#checkOf(share)
      check.notice(index, (await file.stat()).mtimeMs)
      // While an error can still be answered.
      const { start } = head.body
      if (!(await check.isGood(index, start, Math.min(start + this.#chunkBytes, head.body.end))))
        throw new AppError('held_file_damaged', 'a piece of it fails its hash')
      // Others may have come meanwhile; nothing is awaited from here until it runs.
      this.#slots.require(network)
    } catch (reason) {
      await file.close()
      throw reason
    }
    return {
      status: head.status,
      headers: head.headers,
      body: this.#stream(share, { index, file, range: head.body, rest }, network),
    }
  }

  /** Makes sure that `network` (`clientNetwork`) may have one more answer. Errors: `server_busy`. */
  requireSlot(network: string): void {
    this.#slots.require(network)
  }

  /** `body`, which is part of a share and comes from elsewhere, within the limits of all answers: `requireSlot` must have passed in the same turn. */
  passOn(infoHash: InfoHash, body: Readable, network: string): Readable {
    let movedAt = performance.now()
    const passing = new PassingOn(async (bytes, signal) => {
      await this.#allow(bytes, signal)
      this.#sent += bytes
      movedAt = performance.now()
    })
    const running = { infoHash, network, movedAt: () => movedAt, end: () => passing.destroy() }
    this.#slots.add(running)
    // What ends either ends both.
    pipeline(body, passing, () => this.#slots.delete(running))
    return passing
  }

  /** Ends all running answers from a share that was removed or blocked. */
  drop(infoHash: InfoHash): void {
    for (const { infoHash: served, end } of this.#slots.running) if (served === infoHash) end()
  }

  #stream(share: HostedShare, { file, index, range, rest }: Sent, network: string): FileSlice {
    const { infoHash } = share.metainfo
    let movedAt = performance.now()
    const slice = new FileSlice({
      file,
      range,
      rest,
      chunkBytes: this.#chunkBytes,
      isGood: (start, end) => this.#checkOf(share).isGood(index, start, end),
      allow: (bytes, signal) => this.#allow(bytes, signal),
      onSent: bytes => {
        this.#sent += bytes
        movedAt = performance.now()
        share.touched(bytes)
        if (this.#hosted.find(infoHash) !== share) slice.destroy()
      },
      onFailure: reason =>
        this.#log.error({ err: reason, infoHash, file: index }, 'web seed cannot read a hosted file'),
    })
    const running = { infoHash, network, movedAt: () => movedAt, end: () => slice.destroy() }
    this.#slots.add(running)
    slice.once('close', () => this.#slots.delete(running))
    return slice
  }

  #checkOf(share: HostedShare): PieceCheck {
    const check = this.#checks.get(share) ?? new PieceCheck(share)
    this.#checks.set(share, check)
    return check
  }

  /** Computes the wait and counts the bytes in one step, so that chunks are sent in the order of their requests. */
  async #allow(bytes: number, signal: AbortSignal): Promise<void> {
    const wait = this.#bucket.wait(performance.now())
    this.#bucket.take(bytes)
    if (wait > 0) await delay(wait, undefined, { signal })
  }
}

/** Opens the regular file at `path` of `length` bytes; follows no symbolic link. Errors: `held_file_damaged`, also without a path, `server_busy`. */
async function openWhole(path: string | null, length: number): Promise<{ file: FileHandle; modified: Date }> {
  if (path === null) throw new AppError('held_file_damaged', 'it is not there as it was verified')
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  let file: FileHandle
  try {
    // Without O_NONBLOCK, opening a FIFO would block a thread of the pool forever.
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (cause) {
    // Too many open files: nothing is wrong with this one.
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EMFILE' || code === 'ENFILE') throw new AppError('server_busy')
    throw new AppError('held_file_damaged', 'it cannot be opened', { cause })
  }
  const stat = await file.stat()
  if (stat.isFile() && stat.size === length) return { file, modified: stat.mtime }
  await file.close()
  throw new AppError('held_file_damaged', 'it is no longer the file that was verified')
}
