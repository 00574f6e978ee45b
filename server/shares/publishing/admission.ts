import type { InfoHash } from '../../../lib/torrent/ids.ts'

/** Learns which shares exist, so that the tracker tracks those and no others. */
export interface Admission {
  admit(infoHash: InfoHash): void
  /** Name an admitted share only to clients that already know its info hash. */
  hide(infoHash: InfoHash): void
  /** Undo `hide`. */
  show(infoHash: InfoHash): void
  drop(infoHash: InfoHash): void
  /** As `drop`; its peers are told that it ended by itself. */
  end(infoHash: InfoHash): void
  /** Refuse the peers of `infoHash`, whether or not it is a share. */
  deny(infoHash: InfoHash): void
  /** Undo `deny`. */
  allow(infoHash: InfoHash): void
}
