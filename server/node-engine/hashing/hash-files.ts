import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import { type HashOptions, hashFileSpans } from './hash-file-spans.ts'
import { type LocalFile, requireUnchanged } from './local-files.ts'

/**
 * SHA-1 of every piece (BEP 3) of `files` one after the other, 20 bytes each.
 * Errors: `file_unreadable`, `file_changed` (detail: which file), `cancelled`.
 */
export async function hashFiles(
  files: readonly LocalFile[],
  pieceLength: number,
  options: HashOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let length = 0
  const placed = files.map(({ file, location }) => {
    const offset = length
    length += file.size
    return { location, length: file.size, offset }
  })
  const pieceCount = Math.ceil(length / pieceLength)
  const pieces = new Uint8Array(pieceCount * PIECE_HASH_BYTES)
  await hashFileSpans(
    { files: placed, length, pieceLength },
    Array(pieceCount).keys(),
    ({ first }, digests) => pieces.set(digests, first * PIECE_HASH_BYTES),
    options,
  )
  requireUnchanged(files)
  return pieces
}
