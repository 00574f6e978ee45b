import type { BanList } from '../schedule/ban-list.ts'
import type { Wire } from '../webtorrent-types.ts'
import type { Introductions } from './introductions.ts'
import type { PeerConnections } from './peer-connections.ts'

/** Who the peers of a swarm are, as far as they cannot choose it. */
export class PeerIdentity {
  readonly #connections: PeerConnections
  readonly #introductions: Introductions | null

  constructor(connections: PeerConnections, introductions: Introductions | null) {
    this.#connections = connections
    this.#introductions = introductions
  }

  /**
   * What a peer is banned by: the peer id its tracker socket is bound to, or the address it connects from. The peer id in its
   * handshake could be anybody's, and so could the one that an introducer names: then the introducer is part of the identity,
   * so that nobody can have another peer banned.
   */
  banKey(wire: Wire): string {
    if (wire.type !== 'webrtc') return wire.remoteAddress ?? wire.peerId
    const connection = this.#connections.of(wire)
    if (!connection) return wire.peerId
    const introducer = this.#introductions?.introducerOf(connection)
    return introducer ? `${introducer}/${connection.id}` : connection.id
  }

  /** Whether a peer is banned: an introduction brings nobody back who was banned under the id it names. */
  isBanned(wire: Wire, banList: BanList): boolean {
    const id = this.#connections.of(wire)?.id
    return banList.isBanned(this.banKey(wire)) || (id !== undefined && banList.isBanned(id))
  }

  /** Close the connection to a banned peer. */
  drop(wire: Wire): void {
    const connection = this.#connections.of(wire)
    if (connection) this.#introductions?.banned(connection)
    wire.destroy()
  }
}
