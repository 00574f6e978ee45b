import type { TabPeer } from '../swarms/swarm.ts'
import type { Id } from '../wire-text.ts'

/** The peers of one connection, one a swarm. Most connections have one peer, which takes no map. */
export class ConnectionPeers {
  #first: TabPeer | undefined
  #others: Map<Id, TabPeer> | null = null

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0)
  }

  find(infoHash: Id): TabPeer | undefined {
    const first = this.#first
    if (first !== undefined && first.swarm.infoHash === infoHash) return first
    return this.#others?.get(infoHash)
  }

  add(peer: TabPeer): void {
    if (this.#first === undefined) {
      this.#first = peer
    } else {
      this.#others ??= new Map()
      this.#others.set(peer.swarm.infoHash, peer)
    }
  }

  remove(peer: TabPeer): void {
    if (peer === this.#first) this.#first = undefined
    else this.#others?.delete(peer.swarm.infoHash)
  }

  *[Symbol.iterator](): Generator<TabPeer> {
    if (this.#first !== undefined) yield this.#first
    if (this.#others !== null) yield* this.#others.values()
  }
}
