import type { ClassicPeer, Id } from './swarm.ts'

/** What is known of a peer that has the same id as another. */
interface Seen {
  readonly seed: boolean
}

/**
 * Clients that are in a swarm as a tab and as a classic peer too, as our own seeder is (WebSocket and TCP): how many peers
 * too many that makes, by state.
 */
export class SharedIds {
  readonly #tabs: ReadonlyMap<Id, Seen>
  /** Made at the first classic peer: most swarms have tabs alone. */
  #classic: Map<Id, readonly ClassicPeer[]> | null = null
  complete = 0
  incomplete = 0

  constructor(tabs: ReadonlyMap<Id, Seen>) {
    this.#tabs = tabs
  }

  add(peer: ClassicPeer): void {
    this.#classic ??= new Map()
    const { id } = peer
    this.#change(id, this.#classic, classic => classic.set(id, [...(classic.get(id) ?? []), peer]))
  }

  remove(peer: ClassicPeer): void {
    if (this.#classic === null) return
    const { id } = peer
    this.#change(id, this.#classic, classic => {
      const others = classic.get(id)?.filter(other => other !== peer) ?? []
      if (others.length > 0) classic.set(id, others)
      else classic.delete(id)
    })
  }

  /** Do what changes a peer of that id, or adds or removes a tab. */
  change(id: Id, step: () => void): void {
    if (this.#classic === null) step()
    else this.#change(id, this.#classic, step)
  }

  #change(
    id: Id,
    classic: Map<Id, readonly ClassicPeer[]>,
    step: (classic: Map<Id, readonly ClassicPeer[]>) => void,
  ) {
    this.#count(id, classic, -1)
    step(classic)
    this.#count(id, classic, 1)
  }

  /** The tab is one too many; where the two differ it is a seed that told one of them only. */
  #count(id: Id, classic: Map<Id, readonly ClassicPeer[]>, sign: 1 | -1): void {
    const tab = this.#tabs.get(id)
    const peers = classic.get(id)
    if (tab === undefined || peers === undefined) return
    if (tab.seed && peers.some(({ seed }) => seed)) this.complete += sign
    else this.incomplete += sign
  }
}
