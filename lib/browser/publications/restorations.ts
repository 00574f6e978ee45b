import { Watchable } from '../../base/watchable.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { PickedFile } from '../picked-file.ts'

/**
 * How far a publication is restored after a reload:
 * `checking` the bytes of files that were modified (amounts in bytes, 0 of 0 while only a few pieces are checked) ·
 * `needs-permission` one click · `needs-files` the person must choose them again (`missing`: not among those chosen) ·
 * `changed` the files are no longer what was published · `seeding` it is restored.
 * File names are paths inside the share.
 */
export type Restoring =
  | { readonly state: 'checking'; readonly bytesDone: number; readonly bytesTotal: number }
  | { readonly state: 'needs-permission' }
  | { readonly state: 'needs-files'; readonly missing: readonly string[] }
  | { readonly state: 'changed'; readonly changed: readonly string[]; readonly files: readonly PickedFile[] }
  | { readonly state: 'seeding'; readonly piecesChecked: number }

/** What one tab does to restore its publications, one attempt at a time for each. */
export class Restorations {
  readonly #states = new Watchable<ReadonlyMap<InfoHash, Restoring>>(new Map())
  readonly #attempts = new Map<InfoHash, AbortController>()

  /** Calls `listener` after each change; returns the function that ends that. */
  readonly subscribe = this.#states.subscribe

  /** Result of the last attempt, or how far it is; undefined when there was none. The same object until it changes. */
  get(infoHash: InfoHash): Restoring | undefined {
    return this.#states.getSnapshot().get(infoHash)
  }

  /** `restoring` undefined: as if there had been no attempt. */
  set(infoHash: InfoHash, restoring: Restoring | undefined): void {
    const next = new Map(this.#states.getSnapshot())
    if (restoring) next.set(infoHash, restoring)
    else next.delete(infoHash)
    this.#states.set(next)
  }

  /** Begin an attempt, which ends the one before; its signal aborts when it is ended itself. */
  begin(infoHash: InfoHash): AbortSignal {
    this.abort(infoHash)
    const controller = new AbortController()
    this.#attempts.set(infoHash, controller)
    return controller.signal
  }

  /** End the attempt under way, if there is one. */
  abort(infoHash: InfoHash): void {
    this.#attempts.get(infoHash)?.abort()
    this.#attempts.delete(infoHash)
  }

  /** The attempt with this signal has settled. */
  settle(infoHash: InfoHash, signal: AbortSignal): void {
    if (this.#attempts.get(infoHash)?.signal === signal) this.#attempts.delete(infoHash)
  }
}
