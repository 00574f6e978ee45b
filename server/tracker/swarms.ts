import Server, { type StockSocket, type StockSwarm } from 'bittorrent-tracker/server'
import { NOT_TRACKED } from '../../lib/protocol/announce.ts'
import type { InfoHash, PeerId } from '../../lib/torrent/ids.ts'

/** Seconds between announces over HTTP; bittorrent-tracker asks for a fifth of it (2 minutes) over WebSocket. */
export const HTTP_INTERVAL_SECONDS = 600

/** Peers of one swarm by state; `complete` are seeds. */
interface SwarmCounts {
  readonly complete: number
  readonly incomplete: number
}

/** Whoever announced a peer id and may speak for it. */
export interface PeerOwner {
  /** The swarm is gone: its share was deleted. */
  dropped(infoHash: InfoHash): void
  /** Somebody else announced the same peer id: give it up if you are gone. */
  probe(): void
}

/**
 * The swarms of published shares: who is in them, kept by bittorrent-tracker. It takes only checked input, and adds what
 * that package lacks: closedness, one owner a peer id, and swarms that end when their last peer goes.
 */
export class Swarms {
  readonly #admitted = new Set<string>()
  readonly #owners = new Map<string, Map<string, PeerOwner>>()
  readonly #stock = new SynchronousServer(infoHash => this.#admitted.has(infoHash))

  /** Allow peers to announce `infoHash`. */
  admit(infoHash: InfoHash): void {
    this.#admitted.add(infoHash)
  }

  isAdmitted(infoHash: InfoHash): boolean {
    return this.#admitted.has(infoHash)
  }

  /** Stop tracking `infoHash` at once and tell the owners of its peers. */
  drop(infoHash: InfoHash): void {
    this.#admitted.delete(infoHash)
    delete this.#stock.torrents[infoHash]
    const owners = this.#owners.get(infoHash)
    this.#owners.delete(infoHash)
    for (const owner of new Set(owners?.values())) owner.dropped(infoHash)
  }

  counts(infoHash: InfoHash): SwarmCounts {
    const { complete, incomplete } = this.#stock.torrents[infoHash] ?? { complete: 0, incomplete: 0 }
    return { complete, incomplete }
  }

  /** How many have everything: who announces over HTTP and WebSocket is one peer, unlike in `counts`. */
  seeds(infoHash: InfoHash): number {
    const peers = this.#stock.torrents[infoHash]?.peers
    const known = [...(peers?.keys ?? [])].map(key => peers?.peek(key))
    return new Set(known.filter(peer => peer?.complete).map(peer => peer?.peerId)).size
  }

  owner(infoHash: InfoHash, peerId: PeerId): PeerOwner | undefined {
    return this.#owners.get(infoHash)?.get(peerId)
  }

  claim(infoHash: InfoHash, peerId: PeerId, owner: PeerOwner): void {
    const owners = this.#owners.get(infoHash) ?? new Map<string, PeerOwner>()
    this.#owners.set(infoHash, owners.set(peerId, owner))
  }

  /** Give up a peer id, after its `stopped` or the close of its socket reached the swarm. */
  release(infoHash: InfoHash, peerId: PeerId): void {
    const owners = this.#owners.get(infoHash)
    owners?.delete(peerId)
    if (owners?.size === 0) this.#owners.delete(infoHash)
    this.#freeIfEmpty(infoHash)
  }

  /** Let bittorrent-tracker speak to `socket`, which stands for one peer id. */
  connect(socket: StockSocket): void {
    this.#stock.onWebSocketConnection(socket)
  }

  /** The bencoded answer to an HTTP announce with the checked `query`, from `address`. */
  announceHttp(infoHash: InfoHash, query: string, address: string): Uint8Array {
    let answer: Uint8Array | undefined
    this.#stock.onHttpRequest(
      { url: `/announce?${query}`, headers: {}, connection: { remoteAddress: address } },
      { end: body => (answer = body) },
    )
    this.#freeIfEmpty(infoHash)
    if (answer === undefined) throw new Error('bittorrent-tracker did not answer at once')
    return answer
  }

  /** Forget peers that did not announce for 20 minutes, and swarms that are empty then. */
  sweep(): void {
    for (const [infoHash, { peers }] of Object.entries(this.#stock.torrents)) {
      for (const key of peers.keys) peers.peek(key)
      this.#freeIfEmpty(infoHash)
    }
  }

  #freeIfEmpty(infoHash: string): void {
    if (this.#stock.torrents[infoHash]?.peers.length === 0) delete this.#stock.torrents[infoHash]
  }
}

/**
 * bittorrent-tracker looks swarms up on the next tick, so two first announces in one packet would make two swarms of one
 * info hash, and lose one. Here an announce is done when the call returns.
 */
class SynchronousServer extends Server {
  constructor(isAdmitted: (infoHash: string) => boolean) {
    super({
      http: false,
      udp: false,
      ws: false,
      stats: false,
      interval: HTTP_INTERVAL_SECONDS * 1000,
      filter: (infoHash, _params, callback) => callback(isAdmitted(infoHash) ? null : new Error(NOT_TRACKED)),
    })
  }

  override getSwarm(
    infoHash: string,
    callback: (error: Error | null, swarm?: StockSwarm | undefined) => void,
  ): void {
    callback(null, this.torrents[infoHash])
  }

  override createSwarm(infoHash: string, callback: (error: Error | null, swarm?: StockSwarm) => void): void {
    const swarm = new Server.Swarm(infoHash, this)
    this.torrents[infoHash] = swarm
    callback(null, swarm)
  }
}
