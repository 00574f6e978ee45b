/** Runs in the page of `bench/store.ts`: writes the same pieces into one store or another; returns seconds. */
import { openOpfsStore } from '../../lib/storage/opfs/opfs-store.ts'
import { infoHashOf } from '../../lib/torrent/ids.ts'

/** Different pieces in turn; more would only fill the tab's memory. */
const POOL = 32

export interface Workload {
  readonly pieces: number
  /** Bytes. */
  readonly pieceLength: number
  /** Pieces given to a store before the first of them is answered. */
  readonly inFlight: number
}

interface StockStore {
  put(index: number, bytes: Uint8Array, done: (reason: Error | null) => void): void
  close(done: () => void): void
  destroy(done: () => void): void
}

const sha1 = async (bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))

async function makePool(pieceLength: number) {
  const pool = Array.from({ length: POOL }, () => new Uint8Array(pieceLength))
  for (const piece of pool) {
    for (let at = 0; at < pieceLength; at += 65536) {
      crypto.getRandomValues(piece.subarray(at, Math.min(at + 65536, pieceLength)))
    }
  }
  return { pool, hashes: await Promise.all(pool.map(sha1)) }
}

/** Calls `write` for every piece with bytes of its own, `inFlight` at once, in order; then `finish`. Seconds. */
async function measure(
  { inFlight, pieces }: Workload,
  pool: readonly Uint8Array<ArrayBuffer>[],
  write: (index: number, bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>,
  finish: () => Promise<unknown>,
): Promise<number> {
  // Made before the clock starts: a piece is handed over with its memory.
  const all = Array.from({ length: pieces }, (_, index) => new Uint8Array(pool[index % POOL] ?? []))
  let next = 0
  const start = performance.now()
  const lane = async () => {
    while (next < pieces) {
      const index = next++
      await write(index, all[index] ?? new Uint8Array())
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  await finish()
  return (performance.now() - start) / 1000
}

const contenders = {
  async ours(workload: Workload) {
    const { pieceLength, pieces } = workload
    const { hashes, pool } = await makePool(pieceLength)
    const length = pieces * pieceLength
    const digests = new Uint8Array(pieces * 20)
    for (let piece = 0; piece < pieces; piece++) digests.set(hashes[piece % POOL] ?? [], piece * 20)
    const metainfo = {
      infoHash: infoHashOf(crypto.getRandomValues(new Uint8Array(20))),
      infoBytes: new Uint8Array(),
      name: 'content',
      pieceLength,
      pieceCount: pieces,
      pieces: digests,
      length,
      files: [
        {
          path: ['content'],
          statedPath: ['content'],
          length,
          offset: 0,
          padding: false,
          executable: false,
          modified: null,
        },
      ],
      singleFile: true,
      private: false,
      source: '',
      comment: '',
      createdBy: '',
      creationDate: null,
      announceList: [],
      webSeeds: [],
      statedName: 'content',
      irregularities: new Set<never>() as ReadonlySet<never>,
    }
    const store = await openOpfsStore(metainfo, [0])
    const seconds = await measure(
      workload,
      pool,
      async (index, bytes) => {
        if (!(await store.write(index, bytes))) throw new Error(`piece ${index} was refused`)
      },
      () => store.close(),
    )
    await (await openOpfsStore(metainfo, [0])).destroy()
    return seconds
  },

  async stock(workload: Workload) {
    const { pieceLength, pieces } = workload
    const { hashes, pool } = await makePool(pieceLength)
    const { default: FsaChunkStore } = await import(`${location.origin}/fsa-chunk-store.js`)
    const length = pieces * pieceLength
    const store: StockStore = new FsaChunkStore(pieceLength, { name: crypto.randomUUID(), length })
    const seconds = await measure(
      workload,
      pool,
      async (index, bytes) => {
        const digest = await sha1(bytes)
        if (!digest.every((byte, at) => byte === hashes[index % POOL]?.[at])) throw new Error('wrong piece')
        await new Promise<void>((resolve, reject) =>
          store.put(index, bytes, reason => (reason ? reject(reason) : resolve())),
        )
      },
      () => new Promise<void>(resolve => store.close(resolve)),
    )
    await empty()
    return seconds
  },

  async bare(workload: Workload) {
    const { pool } = await makePool(workload.pieceLength)
    const worker = new Worker('/bare-worker.js', { type: 'module' })
    const waiting = new Map<number, () => void>()
    worker.onmessage = ({ data }: MessageEvent<number>) => waiting.get(data)?.()
    const ask = (id: number, bytes: Uint8Array<ArrayBuffer> | null) =>
      new Promise<void>(resolve => {
        waiting.set(id, resolve)
        worker.postMessage({ id, bytes, at: id * workload.pieceLength }, bytes ? [bytes.buffer] : [])
      })
    await ask(-1, null)
    const seconds = await measure(workload, pool, ask, () => ask(-2, null))
    worker.terminate()
    await empty()
    return seconds
  },
}

/** What a contender left on disk must not be there for the next one. */
async function empty(): Promise<void> {
  const root = await navigator.storage.getDirectory()
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true })
}

declare global {
  var benchStore: (name: keyof typeof contenders, workload: Workload) => Promise<number>
}

globalThis.benchStore = (name, workload) => contenders[name](workload)
