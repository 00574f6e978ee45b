import { Partition } from './partition.ts'

/** State that a list stores in its peers, so that removing one takes no search. */
export interface Listed {
  /** Has all pieces. */
  seed: boolean
  /** The network that it announces from (`clientNetwork`). */
  readonly network: string
  /** Index among the peers of its network; -1 when not in a list. */
  at: number
}

/** The peers of one network, leechers in front. */
class Network<Peer extends Listed> {
  readonly name: string
  readonly peers = new Partition<Peer>()
  at = -1

  constructor(name: string) {
    this.name = name
  }
}

/**
 * Peers of one kind in a swarm, by network and state. Changes take constant time; drawing peers takes time linear in those
 * drawn.
 *
 * Peers are drawn from as many networks as possible, because peers cost nothing and addresses do: whoever announces a
 * thousand of them from one address is drawn as often as everybody else. Where all peers have one network, or each its own,
 * every set of them is equally likely.
 */
export class PeerList<Peer extends Listed> {
  /** Created when a search among the networks would take long: most swarms have few. */
  #byName: Map<string, Network<Peer>> | null = null
  /** Those with leechers in front. */
  readonly #networks = new Partition<Network<Peer>>()
  #complete = 0
  #incomplete = 0

  /** Number of seeds. */
  get complete(): number {
    return this.#complete
  }

  /** Number of leechers. */
  get incomplete(): number {
    return this.#incomplete
  }

  get size(): number {
    return this.#complete + this.#incomplete
  }

  /** Number of peers of the network with that name. */
  sizeOf(network: string): number {
    return this.#find(network)?.peers.size ?? 0
  }

  add(peer: Peer): void {
    const network = this.#find(peer.network) ?? this.#open(peer.network)
    if (peer.seed) {
      network.peers.addBehind(peer)
      this.#complete += 1
    } else {
      network.peers.addInFront(peer)
      this.#incomplete += 1
      this.#networks.moveInFront(network)
    }
  }

  remove(peer: Peer): void {
    const network = this.#find(peer.network)
    if (network === undefined) return
    network.peers.remove(peer)
    if (peer.seed) this.#complete -= 1
    else this.#incomplete -= 1
    if (network.peers.size === 0) {
      this.#networks.remove(network)
      this.#byName?.delete(network.name)
    } else if (network.peers.front === 0) this.#networks.moveBehind(network)
  }

  /** Moves `peer` to the list of its new state. */
  setSeed(peer: Peer, seed: boolean): void {
    if (peer.seed === seed) return
    this.remove(peer)
    peer.seed = seed
    this.add(peer)
  }

  /**
   * Up to `count` distinct peers at random, never `asking` itself, from as many networks as there are, evenly. A seed draws
   * leechers only: two seeds have nothing to exchange.
   */
  draw(count: number, asking: Pick<Listed, 'at' | 'seed' | 'network'>): Peer[] {
    const kind = asking.seed ? 'front' : 'size'
    const own = asking.at < 0 ? undefined : this.#find(asking.network)
    /** Where the asking peer is among those of its network that may be drawn, if it is. */
    const ownAt = own !== undefined && asking.at < own.peers[kind] ? asking.at : Number.POSITIVE_INFINITY
    const mayGive = (network: Network<Peer>) =>
      network.peers[kind] - (network === own && ownAt < network.peers[kind] ? 1 : 0)
    // The asking peer's own network has nothing to give where it is alone there.
    const skipped = own !== undefined && own.at < this.#networks[kind] && mayGive(own) === 0 ? own.at : -1
    const networks = this.#networks[kind] - (skipped < 0 ? 0 : 1)
    const drawn: Peer[] = []
    if (networks === 0) return drawn
    const chosen: Network<Peer>[] = []
    for (const index of sample(count, networks)) {
      const network = this.#networks.items[skipped < 0 || index < skipped ? index : index + 1]
      if (network !== undefined) chosen.push(network)
    }
    // Those with few peers first: what they cannot give is left for the others.
    if (chosen.length > 1 && count > chosen.length) chosen.sort((a, b) => mayGive(a) - mayGive(b))
    let networksLeft = chosen.length
    for (const network of chosen) {
      const share = Math.ceil((count - drawn.length) / networksLeft)
      networksLeft -= 1
      const skippedPeer = network === own ? ownAt : Number.POSITIVE_INFINITY
      for (const index of sample(share, mayGive(network))) {
        const peer = network.peers.items[index < skippedPeer ? index : index + 1]
        if (peer !== undefined) drawn.push(peer)
      }
    }
    return drawn
  }

  *[Symbol.iterator](): Generator<Peer> {
    for (const { peers } of this.#networks.items) yield* peers.items
  }

  #find(name: string): Network<Peer> | undefined {
    if (this.#byName !== null) return this.#byName.get(name)
    return this.#networks.items.find(network => network.name === name)
  }

  #open(name: string): Network<Peer> {
    const network = new Network<Peer>(name)
    this.#networks.addBehind(network)
    if (this.#byName !== null) this.#byName.set(name, network)
    else if (this.#networks.size > SEARCHED_MAX)
      this.#byName = new Map(this.#networks.items.map(one => [one.name, one]))
    return network
  }
}

/** So many networks are searched as fast as a map is. */
const SEARCHED_MAX = 8

/** Reused, because there is a draw for each announce. */
const sampled = new Set<number>()

/** `count` distinct whole numbers below `size`, or all of them (Floyd's algorithm); valid until the next call. */
function sample(count: number, size: number): Iterable<number> {
  sampled.clear()
  for (let most = Math.max(0, size - count); most < size; most += 1) {
    const number = Math.floor(Math.random() * (most + 1))
    sampled.add(sampled.has(number) ? most : number)
  }
  return sampled
}
