/** What a list keeps in its peers: the state they are listed by, and their index. */
interface Listed {
  /** Has everything. */
  seed: boolean
  /** Index among the seeds or the leechers; -1 when not in a list. */
  at: number
}

/** Peers of one kind in a swarm. Every step takes the same time however many there are; a draw takes its own size. */
export class PeerList<Peer extends Listed> {
  readonly #seeds: Peer[] = []
  readonly #leechers: Peer[] = []

  get complete(): number {
    return this.#seeds.length
  }

  get incomplete(): number {
    return this.#leechers.length
  }

  get size(): number {
    return this.#seeds.length + this.#leechers.length
  }

  add(peer: Peer): void {
    const list = this.#listOf(peer)
    peer.at = list.length
    list.push(peer)
  }

  /** The last one takes the place of the one that goes. */
  remove(peer: Peer): void {
    const list = this.#listOf(peer)
    const last = list.pop()
    if (last !== undefined && last !== peer) {
      list[peer.at] = last
      last.at = peer.at
    }
    peer.at = -1
  }

  setSeed(peer: Peer, seed: boolean): void {
    if (peer.seed === seed) return
    this.remove(peer)
    peer.seed = seed
    this.add(peer)
  }

  /**
   * Up to `count` different peers, each set as likely as another, never `asking` itself. Seeds have nothing to say to
   * each other, so a seed draws leechers only.
   */
  draw(count: number, asking: Listed): Peer[] {
    const leechers = this.#leechers
    const isListed = leechers[asking.at] === asking
    const skipped = isListed ? asking.at : Number.POSITIVE_INFINITY
    const size = leechers.length - (isListed ? 1 : 0) + (asking.seed ? 0 : this.#seeds.length)
    const drawn: Peer[] = []
    for (const index of sample(count, size)) {
      const at = index < skipped ? index : index + 1
      const peer = leechers[at] ?? this.#seeds[at - leechers.length]
      if (peer !== undefined) drawn.push(peer)
    }
    return drawn
  }

  *[Symbol.iterator](): Generator<Peer> {
    yield* this.#seeds
    yield* this.#leechers
  }

  #listOf(peer: Peer): Peer[] {
    return peer.seed ? this.#seeds : this.#leechers
  }
}

const sampled = new Set<number>()

/** `count` different whole numbers below `size`, or all of them, by Floyd's algorithm; good until the next call. */
function sample(count: number, size: number): Iterable<number> {
  sampled.clear()
  for (let most = Math.max(0, size - count); most < size; most += 1) {
    const number = Math.floor(Math.random() * (most + 1))
    sampled.add(sampled.has(number) ? most : number)
  }
  return sampled
}
