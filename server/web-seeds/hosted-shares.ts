import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'

/** A share whose files are on this server's disk, in whole or in part; the same object for as long as they are. */
export interface HostedShare {
  readonly metainfo: PackedMetainfo
  /** Every file is here, and every piece is verified. */
  readonly complete: boolean
  /** Absolute path of the file at `index` (metainfo order) if it is on disk, whole and verified; else null. Empty files may be missing. */
  file(index: number): string | null
  /**
   * Called when a response begins (with 0) and for each chunk that it sends, so it must be cheap: expiry by idleness and
   * the totals depend on it. `bytesSent` counts since the last call.
   */
  touched(bytesSent: number): void
  /** A piece on disk is not what it was: it must not be served. */
  damaged(piece: number): void
}

/** The shares on this server's disk. */
export interface HostedShares {
  find(infoHash: InfoHash): HostedShare | null
}
