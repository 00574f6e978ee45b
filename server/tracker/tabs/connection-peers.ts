import type { Id, TabPeer } from '../swarms/swarm.ts'

/** The peers of one connection, by swarm and peer id. Most have one, and pay for no map. */
export class OwnTabPeers {
  #first: TabPeer | undefined
  #others: Map<string, TabPeer> | null = null

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0)
  }

  find(infoHash: Id, peerId: Id): TabPeer | undefined {
    const first = this.#first
    if (first !== undefined && first.id === peerId && first.swarm.infoHash === infoHash) return first
    return this.#others?.get(infoHash + peerId)
  }

  add(peer: TabPeer): void {
    if (this.#first === undefined) {
      this.#first = peer
    } else {
      this.#others ??= new Map()
      this.#others.set(peer.swarm.infoHash + peer.id, peer)
    }
  }

  remove(peer: TabPeer): void {
    if (peer === this.#first) this.#first = undefined
    else this.#others?.delete(peer.swarm.infoHash + peer.id)
  }

  *[Symbol.iterator](): Generator<TabPeer> {
    if (this.#first !== undefined) yield this.#first
    if (this.#others !== null) yield* this.#others.values()
  }
}
