import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'

/** A share whose files lie on this server's disk, in whole or in part; one object for as long as it is held. */
export interface HeldShare {
  readonly metainfo: Metainfo
  /** Every file is here, and every piece of it was verified. */
  readonly complete: boolean
  /** Absolute path of the file at `index` (metainfo order), when it is on disk whole and verified; else null. Empty files need not be there. */
  file(index: number): string | null
  /**
   * Called when an answer begins (with 0) and for each chunk it sends, for expiry by idleness and totals: it must cost
   * little. `bytesSent` counts since the last call.
   */
  touched(bytesSent: number): void
}

/** What this server holds on disk. */
export interface HeldShares {
  find(infoHash: InfoHash): HeldShare | null
}
