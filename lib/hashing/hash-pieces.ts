import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { hashSpans, spansOf } from './hash-spans.ts'
import type { SpanHashes } from './hash-worker.ts'
import { type HashedContent, sizeOf } from './hashed-content.ts'

interface HashOptions {
  readonly signal?: AbortSignal
  /** Digests of the first pieces, from an earlier, interrupted run: hashing continues after them. */
  readonly known: Uint8Array
  /** Called with each run of chunks that was hashed, in no fixed order, before `onProgress` counts their bytes. */
  readonly onChunks?: (run: NonNullable<SpanHashes['chunks']>) => void
  /** As of `hashSpans`. */
  readonly onAway?: ((isAway: boolean) => void) | undefined
  /**
   * Called with the bytes hashed so far (including those of `known`), in steps of any size, never decreasing, and with the
   * digests of all pieces from the first on without a gap: a view, to be copied if it is stored.
   */
  readonly onProgress: (bytesDone: number, digests: Uint8Array<ArrayBuffer>) => void
}

/**
 * SHA-1 of every piece of `content` (BEP 3 `pieces`: 20 bytes each), hashed in workers with bounded memory.
 * Errors: `cancelled`, `file_unreadable` (a file was changed, moved or deleted while it was read).
 */
export async function hashPieces(
  content: HashedContent,
  pieceLength: number,
  { signal, known, onAway, onChunks, onProgress }: HashOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = sizeOf(content)
  const pieceCount = Math.ceil(length / pieceLength)
  const digests = new Uint8Array(PIECE_HASH_BYTES * pieceCount)
  digests.set(known)
  const first = known.length / PIECE_HASH_BYTES
  let bytesDone = Math.min(first * pieceLength, length)
  // Workers finish out of order: spans beyond a gap, by their first byte.
  const beyond = new Map<number, number>()
  let wholeUpTo = bytesDone

  await hashSpans(content, pieceLength, spansOf({ length, pieceLength }, first, pieceCount), {
    signal,
    onAway,
    onHashed({ start, end }, { chunks, pieces }) {
      if (chunks) onChunks?.(chunks)
      digests.set(pieces, PIECE_HASH_BYTES * (start / pieceLength))
      bytesDone += end - start
      beyond.set(start, end)
      for (let next = beyond.get(wholeUpTo); next !== undefined; next = beyond.get(wholeUpTo)) {
        beyond.delete(wholeUpTo)
        wholeUpTo = next
      }
      onProgress(bytesDone, digests.subarray(0, PIECE_HASH_BYTES * Math.ceil(wholeUpTo / pieceLength)))
    },
  })
  return digests
}
