import type { InfoHash } from '../../../lib/torrent/ids.ts'

/** When bytes of each share arrived last. Since a restart nothing has, so its time begins again. */
export class Progress {
  readonly #latest = new Map<InfoHash, { readonly have: number; readonly at: number }>()

  /** `have` bytes are there now; milliseconds since 1970 at which that changed last, at the earliest `since`. */
  at(infoHash: InfoHash, have: number, since: number): number {
    const known = this.#latest.get(infoHash)
    if (known?.have === have) return Math.max(known.at, since)
    const at = Date.now()
    this.#latest.set(infoHash, { have, at })
    return at
  }

  forget(infoHash: InfoHash): void {
    this.#latest.delete(infoHash)
  }
}
