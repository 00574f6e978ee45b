/** Reads bytes [start, end) of the content. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>

/** One read serves the 64 blocks of 16 KiB that a peer asks for one after the other. */
const MAX_WINDOW_BYTES = 1024 * 1024

/** Enough for some 30 readers at different places; the whole tab stays far below what a phone allows. */
const DEFAULT_BUDGET_BYTES = 32 * 1024 * 1024

/** Whoever asks for a thousand places at once waits; the memory in use does not grow with it. */
const READS_AT_ONCE = 8

/**
 * Read-ahead over a slow byte source, bounded in bytes: whole windows are read and kept, least recently used
 * out first; readers that ask for a window while it is being read share that read.
 */
export class ReadCache {
  readonly #read: ReadRange
  readonly #length: number
  readonly #windowBytes: number
  readonly #maxWindows: number
  #reading = 0
  readonly #waiting: (() => void)[] = []
  /** Insertion order is use order. */
  readonly #windows = new Map<number, Promise<Uint8Array<ArrayBuffer>>>()

  /**
   * `length` is the size of the source, `budgetBytes` the most that is kept, in bytes. No window crosses a multiple of
   * `boundary`: a download's own is its piece length, as its pieces can be here while their neighbours are missing.
   */
  constructor(read: ReadRange, length: number, boundary: number, budgetBytes = DEFAULT_BUDGET_BYTES) {
    this.#read = read
    this.#length = length
    this.#windowBytes = Math.min(MAX_WINDOW_BYTES, boundary)
    this.#maxWindows = Math.max(1, Math.floor(budgetBytes / this.#windowBytes))
  }

  /** Bytes [start, end); a view into the cache when one window holds them all: do not write to it. */
  async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const first = Math.floor(start / this.#windowBytes)
    const last = Math.floor(Math.max(start, end - 1) / this.#windowBytes)
    if (first === last) {
      const base = first * this.#windowBytes
      return (await this.#window(first)).subarray(start - base, end - base)
    }
    const out = new Uint8Array(end - start)
    for (let index = first; index <= last; index++) {
      const base = index * this.#windowBytes
      const from = Math.max(start, base)
      const to = Math.min(end, base + this.#windowBytes)
      out.set((await this.#window(index)).subarray(from - base, to - base), from - start)
    }
    return out
  }

  clear(): void {
    this.#windows.clear()
  }

  #window(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.#windows.get(index)
    this.#windows.delete(index)
    const start = index * this.#windowBytes
    const window = known ?? this.#readInTurn(start, Math.min(start + this.#windowBytes, this.#length))
    this.#windows.set(index, window)
    if (known === undefined) {
      // A failed read must not be remembered: the file may be readable again.
      window.catch(() => this.#windows.get(index) === window && this.#windows.delete(index))
      if (this.#windows.size > this.#maxWindows) {
        const [oldest] = this.#windows.keys()
        if (oldest !== undefined) this.#windows.delete(oldest)
      }
    }
    return window
  }

  async #readInTurn(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
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
