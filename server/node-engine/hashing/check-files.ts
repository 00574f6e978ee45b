import { type LocalCopy, piecesPresent } from '../../../lib/heal/local-copy.ts'
import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { setPiece } from '../../../lib/torrent/piece-map.ts'
import { type HashOptions, hashSpans } from './hash-file-spans.ts'
import type { LocalFile } from './local-files.ts'

/** Both as BEP 3 bitfields: the pieces of which a copy has every byte, and those of them that are right. */
export interface CheckedPieces {
  readonly present: Uint8Array<ArrayBuffer>
  readonly good: Uint8Array<ArrayBuffer>
}

/**
 * Hash every piece that `copy` has. Errors: `file_unreadable`, `file_changed` (detail: which), `cancelled`.
 */
export async function checkFiles(
  metainfo: Metainfo,
  copy: LocalCopy<LocalFile>,
  indexes: readonly number[] = piecesPresent(metainfo, copy),
  options: HashOptions = {},
): Promise<CheckedPieces> {
  const { length, pieceCount, pieceLength, pieces } = metainfo
  const files = metainfo.files.map((file, index) => ({
    location: copy.files[index]?.picked.location ?? null,
    length: file.length,
    offset: file.offset,
  }))
  const present = new Uint8Array(Math.ceil(pieceCount / 8))
  const good = new Uint8Array(Math.ceil(pieceCount / 8))
  for (const index of indexes) setPiece(present, index)
  await hashSpans(
    { files, length, pieceLength },
    indexes,
    ({ first, count }, digests) => {
      for (let at = 0; at < count; at++) {
        const expected = pieces.subarray((first + at) * PIECE_HASH_BYTES, (first + at + 1) * PIECE_HASH_BYTES)
        const digest = digests.subarray(at * PIECE_HASH_BYTES, (at + 1) * PIECE_HASH_BYTES)
        if (Buffer.compare(digest, expected) === 0) setPiece(good, first + at)
      }
    },
    options,
  )
  return { present, good }
}
