import type { Id } from '../wire-text.ts'

/** A peer as it is compared with others of the same id. */
interface Peer {
  readonly id: Id
  readonly seed: boolean
}

/**
 * Most classic peers that count as one client: its addresses, and what is left of earlier ones. Any number of peers may claim
 * one id; each of the others counts for itself, so that no announce takes longer than another.
 */
const SAME_MAX = 16

/**
 * Clients that are in a swarm as a tab and as a classic peer at once, as our own seeder is (WebSocket and TCP): by how many
 * peers that makes the counts of `complete` and `incomplete` too high.
 */
export class DuplicateClients<Classic extends Peer> {
  readonly #tabs: ReadonlyMap<Id, Peer>
  /** Created with the first classic peer: most swarms have tabs only. */
  #classic: Map<Id, readonly Classic[]> | null = null
  complete = 0
  incomplete = 0

  /** `tabs` is the swarm's own map, which `change` is to be called around. */
  constructor(tabs: ReadonlyMap<Id, Peer>) {
    this.#tabs = tabs
  }

  /** The latest classic peers with this id. */
  classic(id: Id): readonly Classic[] {
    return this.#classic?.get(id) ?? []
  }

  /** Call when a classic peer joins. */
  add(peer: Classic): void {
    this.#classic ??= new Map()
    const { id } = peer
    this.#recount(id, this.#classic, classic =>
      classic.set(id, [...(classic.get(id) ?? []).slice(1 - SAME_MAX), peer]),
    )
  }

  /** Call when a classic peer leaves. */
  remove(peer: Classic): void {
    const { id } = peer
    if (this.#classic === null || !this.classic(id).includes(peer)) return
    this.#recount(id, this.#classic, classic => {
      const others = classic.get(id)?.filter(other => other !== peer) ?? []
      if (others.length > 0) classic.set(id, others)
      else classic.delete(id)
    })
  }

  /** Runs `step`, which changes the state of a peer with that id, or adds or removes a tab. */
  change(id: Id, step: () => void): void {
    if (this.#classic === null) step()
    else this.#recount(id, this.#classic, step)
  }

  #recount(
    id: Id,
    classic: Map<Id, readonly Classic[]>,
    step: (classic: Map<Id, readonly Classic[]>) => void,
  ): void {
    this.#count(id, classic, -1)
    step(classic)
    this.#count(id, classic, 1)
  }

  /** The tab is the duplicate. Where their states differ, the client has announced its last piece over one transport only. */
  #count(id: Id, classic: Map<Id, readonly Classic[]>, sign: 1 | -1): void {
    const tab = this.#tabs.get(id)
    const peers = classic.get(id)
    if (tab === undefined || peers === undefined) return
    if (tab.seed && peers.some(({ seed }) => seed)) this.complete += sign
    else this.incomplete += sign
  }
}
