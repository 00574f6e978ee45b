/**
 * Where a swarm reads and writes its pieces: the abstract-chunk-store interface that webtorrent drives.
 * `index` is a piece; `offset` and `length` are bytes inside it. Callbacks come asynchronously, once.
 */
export interface ChunkStore {
  readonly chunkLength: number
  put(index: number, bytes: Uint8Array<ArrayBuffer>, done: (error: Error | null) => void): void
  get(index: number, range: ChunkRange | null, done: (error: Error | null, bytes?: Uint8Array) => void): void
  /** Let go of the resources, keep the bytes. */
  close(done: (error: Error | null) => void): void
  /** Let go of the bytes too. */
  destroy(done: (error: Error | null) => void): void
}

export interface ChunkRange {
  readonly offset?: number
  readonly length?: number
}
