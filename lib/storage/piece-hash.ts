import { PIECE_HASH_BYTES } from '../torrent/layout.ts'

/** Whether the SHA-1 of `bytes` is that of piece `index` in the metainfo's `pieces` (BEP 3). */
export async function isPiece(
  pieces: Uint8Array,
  index: number,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))
  const expected = pieces.subarray(index * PIECE_HASH_BYTES, (index + 1) * PIECE_HASH_BYTES)
  return expected.length === PIECE_HASH_BYTES && digest.every((byte, at) => byte === expected[at])
}
