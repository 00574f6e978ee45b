import type { Refusal } from './refusals.ts'
import type { Id } from './wire-text.ts'

/** Which info hashes are tracked: with `closed` those that were admitted, with `open` all; never those that were denied. */
export class Access {
  readonly #mode: 'closed' | 'open'
  readonly #admitted = new Set<Id>()
  readonly #denied = new Set<Id>()
  readonly #ended = new Set<Id>()
  readonly #hidden = new Set<Id>()

  constructor(mode: 'closed' | 'open') {
    this.#mode = mode
  }

  /** Number of admitted info hashes. */
  get admitted(): number {
    return this.#admitted.size
  }

  /** Number of hidden info hashes. */
  get hidden(): number {
    return this.#hidden.size
  }

  /** Tracks `infoHash` from now on. */
  admit(infoHash: Id): void {
    this.#admitted.add(infoHash)
    this.#ended.delete(infoHash)
  }

  /** Whether `infoHash` was admitted. */
  isAdmitted(infoHash: Id): boolean {
    return this.#admitted.has(infoHash)
  }

  /** Undoes `admit` and `hide`. */
  expel(infoHash: Id): void {
    this.#admitted.delete(infoHash)
    this.#hidden.delete(infoHash)
  }

  /** Undoes `admit`; whoever asks is told that it ended. */
  end(infoHash: Id): void {
    this.expel(infoHash)
    this.#ended.add(infoHash)
  }

  /** Undoes `end`. */
  forget(infoHash: Id): void {
    this.#ended.delete(infoHash)
  }

  /** Leaves `infoHash` out of answers about all swarms. */
  hide(infoHash: Id): void {
    this.#hidden.add(infoHash)
  }

  /** Undoes `hide`. */
  show(infoHash: Id): void {
    this.#hidden.delete(infoHash)
  }

  /** Whether `infoHash` is left out of answers about all swarms. */
  isHidden(infoHash: Id): boolean {
    return this.#hidden.has(infoHash)
  }

  /** Refuses `infoHash`, also when it is admitted. */
  deny(infoHash: Id): void {
    this.#denied.add(infoHash)
  }

  /** Undoes `deny`. */
  allow(infoHash: Id): void {
    this.#denied.delete(infoHash)
  }

  /** Why announces of `infoHash` are refused; undefined when they are not. */
  refusal(infoHash: Id): Refusal | undefined {
    if (this.#denied.has(infoHash)) return 'blocked'
    if (this.#ended.has(infoHash)) return 'ended'
    return this.#mode === 'open' || this.#admitted.has(infoHash) ? undefined : 'untracked'
  }
}
