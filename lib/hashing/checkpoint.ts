import { del, entries, get, set } from 'idb-keyval'
import { lazyStore } from '../base/lazy-store.ts'
import { SerialQueue } from '../base/serial-queue.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { checkPieces } from './check-pieces.ts'

/** The content to hash: the same files in the same order and state give the same pieces. Lengths in bytes. */
interface HashedContent {
  readonly pieceLength: number
  readonly files: readonly { readonly path: readonly string[]; readonly file: File }[]
}

interface Checkpoint {
  /** SHA-1 of the first pieces. */
  readonly digests: Uint8Array<ArrayBuffer>
  /** Milliseconds since 1970. */
  readonly savedAt: number
}

/** Interrupted hashing loses at most this much work, whichever is less; milliseconds and bytes. */
const SAVE_INTERVAL_MS = 3000
const SAVE_BYTES = 1024 ** 3

/** Most checkpoints that are stored; the newest stay. */
const CHECKPOINTS_MAX = 4

const database = lazyStore('tabseed-hashing', 'checkpoints')

/** SHA-256 (hex) over piece length, paths, sizes and modification times. */
export async function checkpointKey({ pieceLength, files }: HashedContent): Promise<string> {
  const list = files.map(({ path, file }) => [path, file.size, file.lastModified])
  const text = new TextEncoder().encode(JSON.stringify([pieceLength, list]))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * Saves the progress of hashing, so that it continues from there when the same files are published again. Without storage
 * (private windows) hashing works too, and starts over.
 */
export class HashCheckpoint {
  readonly #key: string
  readonly #pieceLength: number
  #savedAt = performance.now()
  #savedBytes = 0
  #latest: Uint8Array<ArrayBuffer> | null = null
  readonly #writes = new SerialQueue()

  constructor(key: string, pieceLength: number) {
    this.#key = key
    this.#pieceLength = pieceLength
  }

  /**
   * Digests of the first pieces of `content` from an earlier run; empty when there is none. Two of the pieces are
   * hashed again first, in case the content changed but not its size and time. Errors: `file_unreadable`, `cancelled`.
   */
  async load(content: Blob, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const found = await get<Checkpoint>(this.#key, database).catch(() => undefined)
    const count = (found?.digests.length ?? 0) / PIECE_HASH_BYTES
    if (!found || count === 0 || (count - 1) * this.#pieceLength >= content.size) return new Uint8Array()
    const expected = { length: content.size, pieceLength: this.#pieceLength, pieces: found.digests }
    const sample = [...new Set([Math.floor(Math.random() * count), count - 1])].sort((a, b) => a - b)
    if ((await checkPieces(content, expected, sample, { signal })).length > 0) {
      await this.forget()
      return new Uint8Array()
    }
    this.#savedBytes = count * this.#pieceLength
    return found.digests
  }

  /** Pass the digests so far (a view, not copied); they are saved from time to time. */
  update(digests: Uint8Array<ArrayBuffer>): void {
    this.#latest = digests
    const bytes = (digests.length / PIECE_HASH_BYTES) * this.#pieceLength
    const due =
      performance.now() - this.#savedAt >= SAVE_INTERVAL_MS || bytes - this.#savedBytes >= SAVE_BYTES
    if (due && bytes > this.#savedBytes) void this.save()
  }

  /** Save the digests of the last `update`. Never rejects. */
  save(): Promise<void> {
    const digests = this.#latest?.slice()
    if (!digests?.length) return this.#writes.idle()
    this.#savedAt = performance.now()
    this.#savedBytes = (digests.length / PIECE_HASH_BYTES) * this.#pieceLength
    return this.#write(async () => {
      await set(this.#key, { digests, savedAt: Date.now() } satisfies Checkpoint, database)
      await prune()
    })
  }

  /** Delete the checkpoint: the files are published, or have changed. Never rejects. */
  forget(): Promise<void> {
    this.#latest = null
    return this.#write(() => del(this.#key, database))
  }

  /** Never rejects: without a checkpoint, hashing just starts from the beginning. */
  #write(task: () => Promise<void>): Promise<void> {
    return this.#writes.add(task).catch(() => undefined)
  }
}

async function prune(): Promise<void> {
  const all = await entries<string, Checkpoint>(database)
  if (all.length <= CHECKPOINTS_MAX) return
  all.sort(([, a], [, b]) => b.savedAt - a.savedAt)
  for (const [key] of all.slice(CHECKPOINTS_MAX)) await del(key, database)
}
