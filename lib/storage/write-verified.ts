import { AppError } from '../base/errors.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { setPiece } from '../torrent/piece-map.ts'
import { isPiece } from './piece-hash.ts'
import { type PieceStore, pieceSize } from './piece-store.ts'

/**
 * `PieceStore.write` of stores in memory: `put` is called for a piece that matches its hash, and stores it. Errors:
 * `storage_failed` for bytes of another length.
 */
export async function writeVerified(
  store: Pick<PieceStore, 'have'> & { pendingBytes: number },
  { metainfo, index, bytes }: { metainfo: Metainfo; index: number; bytes: Uint8Array<ArrayBuffer> },
  put: () => void,
): Promise<boolean> {
  const expected = pieceSize(metainfo, index)
  if (bytes.length !== expected) {
    throw new AppError('storage_failed', `piece ${index}: ${bytes.length} of ${expected} bytes`)
  }
  store.pendingBytes += bytes.length
  try {
    if (!(await isPiece(metainfo.pieces, index, bytes))) return false
    put()
    setPiece(store.have, index)
    return true
  } finally {
    store.pendingBytes -= bytes.length
  }
}
