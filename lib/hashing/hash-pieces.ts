import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { hashSpans, spansOf } from './hash-spans.ts'

interface HashOptions {
  readonly signal?: AbortSignal
  /** Digests of the first pieces, from an earlier, interrupted run: hashing continues after them. */
  readonly known: Uint8Array
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
  content: Blob,
  pieceLength: number,
  { signal, known, onAway, onProgress }: HashOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieceCount = Math.ceil(content.size / pieceLength)
  const digests = new Uint8Array(PIECE_HASH_BYTES * pieceCount)
  digests.set(known)
  const first = known.length / PIECE_HASH_BYTES
  let bytesDone = Math.min(first * pieceLength, content.size)
  // Workers finish out of order: spans beyond a gap, by their first byte.
  const beyond = new Map<number, number>()
  let wholeUpTo = bytesDone

  await hashSpans(content, pieceLength, spansOf({ length: content.size, pieceLength }, first, pieceCount), {
    signal,
    onAway,
    onHashed({ start, end }, found) {
      digests.set(found, PIECE_HASH_BYTES * (start / pieceLength))
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
