import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../lib/play/range.ts'

interface SliceOptions {
  /** Closed with the stream. */
  readonly file: FileHandle
  readonly range: ByteRange
  /** Most bytes of one read. */
  readonly chunkBytes: number
  /** Whether bytes [start, end) of the file may be sent: they are what was verified. */
  readonly isGood: (start: number, end: number) => Promise<boolean>
  /** Waits until `bytes` may be sent; rejects when `signal` aborts. */
  readonly allow: (bytes: number, signal: AbortSignal) => Promise<void>
  readonly onSent: (bytes: number) => void
  /** Called when the file cannot be read to the end of the range. */
  readonly onFailure: (reason: unknown) => void
}

/** Streams part of a file, one chunk ahead of its reader, so that a slow or disconnected one takes little memory. */
export class FileSlice extends Readable {
  readonly #options: SliceOptions
  readonly #ended = new AbortController()
  #at: number

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
    // Waits for a read in progress.
    this.#options.file.close().then(() => callback(error), callback)
  }

  async #readChunk(): Promise<void> {
    const { file, range, chunkBytes, allow, isGood, onSent } = this.#options
    const length = Math.min(chunkBytes, range.end - this.#at)
    if (length === 0) {
      this.push(null)
      return
    }
    await allow(length, this.#ended.signal)
    if (!(await isGood(this.#at, this.#at + length))) throw new Error('a piece of the file is damaged')
    if (this.destroyed) return
    const chunk = Buffer.allocUnsafeSlow(length)
    const { bytesRead } = await file.read(chunk, 0, length, this.#at)
    if (this.destroyed) return
    if (bytesRead === 0) throw new Error('the file became shorter while it was sent')
    this.#at += bytesRead
    onSent(bytesRead)
    this.push(chunk.subarray(0, bytesRead))
  }
}
