import { Watchable } from '../../base/watchable.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** Bytes that the browser deleted to make room: those of each download that were stored when it was last open. */
export class Losses {
  readonly #bytes = new Watchable<ReadonlyMap<InfoHash, number>>(new Map())

  /** Calls `listener` after each change; returns the function that ends that. */
  readonly subscribe = this.#bytes.subscribe

  get(infoHash: InfoHash): number {
    return this.#bytes.getSnapshot().get(infoHash) ?? 0
  }

  set(infoHash: InfoHash, bytes: number): void {
    if (bytes === this.get(infoHash)) return
    const next = new Map(this.#bytes.getSnapshot())
    if (bytes === 0) next.delete(infoHash)
    else next.set(infoHash, bytes)
    this.#bytes.set(next)
  }
}
