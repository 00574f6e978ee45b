import type { Refusal } from './refusals.ts'
import type { Id } from './swarms/swarm.ts'

/** Which info hashes are tracked: `closed` to those that were admitted, or `open` to all; never those that are denied. */
export class Access {
  readonly #mode: 'closed' | 'open'
  readonly #admitted = new Set<Id>()
  readonly #denied = new Set<Id>()
  readonly #hidden = new Set<Id>()

  constructor(mode: 'closed' | 'open') {
    this.#mode = mode
  }

  /** How many info hashes are admitted, and how many of them are hidden. */
  get admitted(): number {
    return this.#admitted.size
  }

  get hidden(): number {
    return this.#hidden.size
  }

  admit(infoHash: Id): void {
    this.#admitted.add(infoHash)
  }

  expel(infoHash: Id): void {
    this.#admitted.delete(infoHash)
    this.#hidden.delete(infoHash)
  }

  hide(infoHash: Id): void {
    this.#hidden.add(infoHash)
  }

  show(infoHash: Id): void {
    this.#hidden.delete(infoHash)
  }

  /** Whether who asks for everything is not told of it. */
  isHidden(infoHash: Id): boolean {
    return this.#hidden.has(infoHash)
  }

  deny(infoHash: Id): void {
    this.#denied.add(infoHash)
  }

  allow(infoHash: Id): void {
    this.#denied.delete(infoHash)
  }

  /** Why peers of `infoHash` are turned away; undefined when they are not. */
  refusal(infoHash: Id): Refusal | undefined {
    if (this.#denied.has(infoHash)) return 'blocked'
    return this.#mode === 'open' || this.#admitted.has(infoHash) ? undefined : 'untracked'
  }
}
