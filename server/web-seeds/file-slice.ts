import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../lib/play/range.ts'

/**
 * Bytes of a range from whoever else has the file, for one that is not here any more as it was verified; null: nobody has it. The
 * stream ends with `signal`.
 */
export type Rest = (range: ByteRange, signal: AbortSignal) => Promise<Readable | null>

interface SliceOptions {
  /** Closed with the stream. */
  readonly file: FileHandle
  readonly range: ByteRange
  /** Most bytes of one read. */
  readonly chunkBytes: number
  /** Whether bytes [start, end) of the file may be sent: they are what was verified. */
  readonly isGood: (start: number, end: number) => Promise<boolean>
  readonly rest: Rest
  /** Waits until `bytes` may be sent; rejects when `signal` aborts. */
  readonly allow: (bytes: number, signal: AbortSignal) => Promise<void>
  readonly onSent: (bytes: number) => void
  /** Called when the file cannot be read to the end of the range, whether or not the rest of it is sent. */
  readonly onFailure: (reason: unknown) => void
}

/**
 * Streams part of a file, one chunk ahead of its reader, so that a slow or disconnected one takes little memory. What cannot be
 * read here, or is damaged, comes from somewhere else.
 */
export class FileSlice extends Readable {
  readonly #options: SliceOptions
  readonly #ended = new AbortController()
  #at: number
  /** What is sent from the moment when the file here failed. */
  #rest: { readonly stream: Readable; readonly chunks: AsyncIterator<Buffer> } | null = null

  constructor(options: SliceOptions) {
    super({ highWaterMark: options.chunkBytes })
    this.#options = options
    this.#at = options.range.start
  }

  override _read(): void {
    this.#readChunk().catch(reason => {
      if (!this.destroyed) this.#options.onFailure(reason)
      this.destroy(reason)
    })
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#ended.abort()
    this.#rest?.stream.destroy()
    // Waits for a read in progress.
    this.#options.file.close().then(() => callback(error), callback)
  }

  async #readChunk(): Promise<void> {
    const { chunkBytes, onSent, range } = this.#options
    const length = Math.min(chunkBytes, range.end - this.#at)
    const chunk = length === 0 ? null : await this.#next(length)
    if (this.destroyed) return
    if (chunk !== null) {
      this.#at += chunk.length
      onSent(chunk.length)
    }
    this.push(chunk)
  }

  /** The next bytes, at most `length` of the file here. Errors: those of the disk, or of the network. */
  async #next(length: number): Promise<Buffer> {
    const { allow, onFailure, range, rest } = this.#options
    const { signal } = this.#ended
    if (this.#rest === null) {
      await allow(length, signal)
      try {
        return await this.#read(length)
      } catch (reason) {
        signal.throwIfAborted()
        const stream = await rest({ start: this.#at, end: range.end }, signal)
        if (stream === null) throw reason
        this.#rest = { stream, chunks: stream[Symbol.asyncIterator]() }
        onFailure(reason)
      }
    }
    const { done, value } = await this.#rest.chunks.next()
    if (done || value.length > range.end - this.#at)
      throw new Error('what another has of the file is not as long')
    await allow(value.length, signal)
    return value
  }

  async #read(length: number): Promise<Buffer> {
    const { file, isGood } = this.#options
    if (!(await isGood(this.#at, this.#at + length))) throw new Error('a piece of the file is damaged')
    this.#ended.signal.throwIfAborted()
    const chunk = Buffer.allocUnsafeSlow(length)
    const { bytesRead } = await file.read(chunk, 0, length, this.#at)
    if (bytesRead === 0) throw new Error('the file became shorter while it was sent')
    return chunk.subarray(0, bytesRead)
  }
}
