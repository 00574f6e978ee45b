import { del, entries, get, set } from 'idb-keyval'
import { lazyStore } from '../base/lazy-store.ts'
import { SerialQueue } from '../base/serial-queue.ts'
import type { LinkKey } from '../encryption/link-key.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { checkPieces } from './check-pieces.ts'
import { type HashedContent, sizeOf } from './hashed-content.ts'

/** What is hashed: the same files in the same order and state give the same pieces. Lengths in bytes. */
interface HashedFiles {
  readonly pieceLength: number
  /** Of an encrypted share, where in it the files are. */
  readonly layout?: readonly number[]
  readonly files: readonly { readonly path: readonly string[]; readonly file: File }[]
}

/** What goes on under the same key, or not at all. */
interface SealedProgress {
  /** No password and no root: with a password, the person knows it. */
  readonly key: LinkKey
  /** SHA-256 of the chunks that begin in the first pieces. */
  readonly hashes: Uint8Array<ArrayBuffer>
}

interface Checkpoint {
  /** SHA-1 of the first pieces; zeros for those of a head, which is hashed last. */
  readonly digests: Uint8Array<ArrayBuffer>
  readonly sealed?: SealedProgress | undefined
  /** Milliseconds since 1970. */
  readonly savedAt: number
}

/** The digests of the last `update`, and what makes the rest of them. */
interface Latest {
  readonly digests: Uint8Array<ArrayBuffer>
  readonly sealed: (digests: Uint8Array<ArrayBuffer>) => SealedProgress | undefined
}

const NOTHING_ELSE = () => undefined

/** Keys of attempts that nobody continues go with the next checkpoint after this time; milliseconds. */
const KEPT_MS = 7 * 86_400_000

/** Interrupted hashing loses at most this much work, whichever is less; milliseconds and bytes. */
const SAVE_INTERVAL_MS = 3000
const SAVE_BYTES = 1024 ** 3

/** Most checkpoints that are stored; the newest stay. */
const CHECKPOINTS_MAX = 4

const database = lazyStore('tabseed-hashing', 'checkpoints')

/** SHA-256 (hex) over piece length, paths, sizes and modification times, and the layout of an encrypted share. */
export async function checkpointKey({ files, layout, pieceLength }: HashedFiles): Promise<string> {
  const list = files.map(({ path, file }) => [path, file.size, file.lastModified])
  const text = new TextEncoder().encode(
    JSON.stringify(layout ? [pieceLength, list, layout] : [pieceLength, list]),
  )
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
  #latest: Latest | null = null
  readonly #writes = new SerialQueue()

  constructor(key: string, pieceLength: number) {
    this.#key = key
    this.#pieceLength = pieceLength
  }

  /** What an earlier run has saved; undefined: nothing. Never rejects. */
  find(): Promise<Checkpoint | undefined> {
    return get<Checkpoint>(this.#key, database).catch(() => undefined)
  }

  /**
   * Digests of the first pieces of `content` from an earlier run; empty when there is none behind piece `first`. Two of the
   * pieces are hashed again first, in case the content changed but not its size and time. Errors: `file_unreadable`, `cancelled`.
   */
  async load(content: HashedContent, signal: AbortSignal, first = 0): Promise<Uint8Array<ArrayBuffer>> {
    const found = await this.find()
    const length = sizeOf(content)
    const count = (found?.digests.length ?? 0) / PIECE_HASH_BYTES
    if (!found || count <= first || (count - 1) * this.#pieceLength >= length) return new Uint8Array()
    const expected = { length, pieceLength: this.#pieceLength, pieces: found.digests }
    const any = first + Math.floor(Math.random() * (count - first))
    const sample = [...new Set([any, count - 1])].sort((a, b) => a - b)
    if ((await checkPieces(content, expected, sample, { signal })).length > 0) {
      await this.forget()
      return new Uint8Array()
    }
    this.#savedBytes = count * this.#pieceLength
    return found.digests
  }

  /** Pass the digests so far (a view, not copied), and what else there is to save when they are: from time to time. */
  update(digests: Uint8Array<ArrayBuffer>, sealed: Latest['sealed'] = NOTHING_ELSE): void {
    this.#latest = { digests, sealed }
    const bytes = (digests.length / PIECE_HASH_BYTES) * this.#pieceLength
    const due =
      performance.now() - this.#savedAt >= SAVE_INTERVAL_MS || bytes - this.#savedBytes >= SAVE_BYTES
    if (due && bytes > this.#savedBytes) void this.save()
  }

  /** Save the digests of the last `update`. Never rejects. */
  save(): Promise<void> {
    const digests = this.#latest?.digests.slice()
    if (!digests?.length) return this.#writes.idle()
    const sealed = this.#latest?.sealed(digests)
    this.#savedAt = performance.now()
    this.#savedBytes = (digests.length / PIECE_HASH_BYTES) * this.#pieceLength
    return this.#write(async () => {
      await set(this.#key, { digests, sealed, savedAt: Date.now() } satisfies Checkpoint, database)
      await prune()
    })
  }

  /** Delete the checkpoint: the files are published, or have changed. Never rejects. */
  forget(): Promise<void> {
    this.#latest = null
    return this.remove()
  }

  /** Delete what is saved; `save` saves it again. Never rejects. */
  remove(): Promise<void> {
    return this.#write(() => del(this.#key, database))
  }

  /** Never rejects: without a checkpoint, hashing just starts from the beginning. */
  #write(task: () => Promise<void>): Promise<void> {
    return this.#writes.add(task).catch(() => undefined)
  }
}

async function prune(): Promise<void> {
  const all = await entries<string, Checkpoint>(database)
  all.sort(([, a], [, b]) => b.savedAt - a.savedAt)
  const oldest = Date.now() - KEPT_MS
  for (const [index, [key, { savedAt, sealed }]] of all.entries()) {
    if (index >= CHECKPOINTS_MAX || (sealed && savedAt < oldest)) await del(key, database)
  }
}
