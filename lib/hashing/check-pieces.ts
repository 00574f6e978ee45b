import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { hashSpans, spansOf } from './hash-spans.ts'
import type { HashSpan } from './hash-worker.ts'
import type { HashedContent } from './hashed-content.ts'

/** The expected hashes: 20 bytes of SHA-1 per piece; lengths in bytes. */
interface PieceHashes {
  readonly length: number
  readonly pieceLength: number
  readonly pieces: Uint8Array
}

interface CheckOptions {
  readonly signal?: AbortSignal
  /** Called with each piece that was hashed, in no fixed order. `bytes` is its size. */
  readonly onChecked?: (piece: number, good: boolean, bytes: number) => void
}

/**
 * Hash the pieces at `indexes` (ascending) of `content` in workers; returns those that differ from `expected`, ascending.
 * Errors: `cancelled`, `file_unreadable` (a file was changed, moved or deleted).
 */
export async function checkPieces(
  content: HashedContent,
  expected: PieceHashes,
  indexes: readonly number[],
  { signal, onChecked }: CheckOptions = {},
): Promise<number[]> {
  const { length, pieceLength, pieces } = expected
  const bad: number[] = []
  await hashSpans(content, pieceLength, spansOfRuns(expected, indexes), {
    signal,
    onHashed({ start, end }, { pieces: digests }) {
      for (let at = 0; at < digests.length; at += PIECE_HASH_BYTES) {
        const piece = start / pieceLength + at / PIECE_HASH_BYTES
        const good = sameHash(digests, at, pieces, piece * PIECE_HASH_BYTES)
        if (!good) bad.push(piece)
        onChecked?.(piece, good, Math.min(pieceLength, Math.min(end, length) - piece * pieceLength))
      }
    },
  })
  return bad.sort((a, b) => a - b)
}

/** Consecutive pieces are read together. */
function* spansOfRuns(expected: PieceHashes, indexes: readonly number[]): Generator<HashSpan> {
  for (let at = 0; at < indexes.length; ) {
    const first = indexes[at] ?? 0
    let end = first
    while (indexes[at] === end) {
      at++
      end++
    }
    yield* spansOf(expected, first, end)
  }
}

function sameHash(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number): boolean {
  for (let at = 0; at < PIECE_HASH_BYTES; at++) if (a[aStart + at] !== b[bStart + at]) return false
  return true
}
