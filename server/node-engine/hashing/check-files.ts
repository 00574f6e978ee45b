import { deriveKeyBytes } from '../../../lib/encryption/keys.ts'
import { type LocalCopy, piecesPresent } from '../../../lib/heal/local-copy.ts'
import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { setPiece } from '../../../lib/torrent/piece-map.ts'
import { type HashOptions, hashFileSpans } from './hash-file-spans.ts'
import type { FileSeal } from './hash-worker.ts'
import type { LocalFile } from './local-files.ts'

/** BEP 3 bitfields: the pieces of which a copy has every byte, and those of them whose hash is right. */
export interface CheckedPieces {
  readonly present: Uint8Array<ArrayBuffer>
  readonly good: Uint8Array<ArrayBuffer>
}

/**
 * Hashes the pieces at `indexes` of a copy, by default all that it has. Errors: `file_unreadable`, `file_changed`
 * (detail: which file), `cancelled`.
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
  await hashFileSpans(
    { files, length, pieceLength, ...(await sealOf(metainfo)) },
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

/** The pieces of a share that its key has opened are of ciphertext. */
async function sealOf({ sealed }: Metainfo): Promise<{ readonly seal?: FileSeal }> {
  if (!sealed) return {}
  const { head, root } = sealed.job
  const { content: key, nonce } = await deriveKeyBytes(root)
  return { seal: { head, key, nonce, chunkLength: null } }
}
