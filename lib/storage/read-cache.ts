/** Reads bytes [start, end) of the content. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>

/** Bytes [start, end) of the source that are read together. */
interface Window {
  readonly start: number
  readonly end: number
}

/** One read serves the 64 blocks of 16 KiB that a peer requests in a row. */
const MAX_WINDOW_BYTES = 1024 * 1024

/** Enough for about 30 readers at different positions; the tab stays far below what a phone allows. */
const DEFAULT_BUDGET_BYTES = 32 * 1024 * 1024

/** Further reads wait, so that memory does not grow with the number of positions requested at once. */
const READS_AT_ONCE = 8

/**
 * Read-ahead cache over a slow byte source, bounded in bytes: whole windows are read and cached, the least recently used
 * is dropped first; concurrent reads of the same window share one read.
 */
export class ReadCache {
  readonly #read: ReadRange
  readonly #length: number
  readonly #boundary: number
  readonly #windowBytes: number
  readonly #maxWindows: number
  #reading = 0
  readonly #waiting: (() => void)[] = []
  /** By their first byte; insertion order is use order. */
  readonly #windows = new Map<number, Promise<Uint8Array<ArrayBuffer>>>()

  /**
   * `length` is the size of the source, `budgetBytes` the most that is cached, in bytes. No window crosses a multiple of
   * `boundary`: for a download that is its piece length, because neighbouring pieces may be missing.
   */
  constructor(read: ReadRange, length: number, boundary: number, budgetBytes = DEFAULT_BUDGET_BYTES) {
    this.#read = read
    this.#length = length
    this.#boundary = boundary
    this.#windowBytes = Math.min(MAX_WINDOW_BYTES, boundary)
    this.#maxWindows = Math.max(1, Math.floor(budgetBytes / this.#windowBytes))
  }

  /** Bytes [start, end); a view into the cache when one window holds them all: do not write to it. */
  async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const first = this.#windowAt(start)
    if (end <= first.end) return (await this.#load(first)).subarray(start - first.start, end - first.start)
    const out = new Uint8Array(end - start)
    for (let at = start; at < end; ) {
      const window = this.#windowAt(at)
      const to = Math.min(end, window.end)
      out.set((await this.#load(window)).subarray(at - window.start, to - window.start), at - start)
      at = to
    }
    return out
  }

  clear(): void {
    this.#windows.clear()
  }

  /** The window that holds byte `at`. A boundary need not be a multiple of a window: the last one before it is shorter. */
  #windowAt(at: number): Window {
    const from = at - (at % this.#boundary)
    const start = from + Math.floor((at - from) / this.#windowBytes) * this.#windowBytes
    return { start, end: Math.min(start + this.#windowBytes, from + this.#boundary, this.#length) }
  }

  #load({ start, end }: Window): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.#windows.get(start)
    this.#windows.delete(start)
    const window = known ?? this.#readQueued(start, end)
    this.#windows.set(start, window)
    if (known === undefined) {
      // A failed read is not cached: the file may be readable again.
      window.catch(() => this.#windows.get(start) === window && this.#windows.delete(start))
      if (this.#windows.size > this.#maxWindows) {
        const [oldest] = this.#windows.keys()
        if (oldest !== undefined) this.#windows.delete(oldest)
      }
    }
    return window
  }

  async #readQueued(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#reading >= READS_AT_ONCE) await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#reading++
    try {
      return await this.#read(start, end)
    } finally {
      this.#reading--
      this.#waiting.shift()?.()
    }
  }
}
