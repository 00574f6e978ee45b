import type { BanList } from '../schedule/ban-list.ts'
import type { Peer, Torrent, Wire } from '../webtorrent-types.ts'
import { Introductions } from './introductions.ts'
import { createPeer } from './tracker-socket.ts'

const introductionsOf = new WeakMap<Torrent, Introductions>()

/** Introduce the peers of a swarm to each other, until it is left. `isComplete`: whether every piece is here. */
export function introduce(
  torrent: Torrent,
  ownId: string,
  pieceCount: number,
  isComplete: () => boolean,
): Introductions {
  const hasAll = ({ peerPieces }: Wire) => {
    for (let piece = 0; piece < pieceCount; piece++) if (!peerPieces.get(piece)) return false
    return true
  }
  const introductions = new Introductions({
    ownId,
    count: () => torrent.wires.length,
    knows: id => torrent._peers.has(id),
    isSeed: wire => (wire ? hasAll(wire) : isComplete()),
    createPeer: side => (torrent.discovery?.tracker ? createPeer(torrent.discovery.tracker, side) : null),
    add: peer => torrent.addPeer(peer, 'ut_pex'),
  })
  introductionsOf.set(torrent, introductions)
  torrent.on('close', () => introductions.stop())
  return introductions
}

/**
 * The identity a peer is banned by, which it can't choose freely: the peer id its tracker socket is bound to, or the address
 * it connects from. The peer id in its handshake could be anybody's, and so could the one that an introducer names: then the
 * introducer is part of the identity, so that nobody can have another peer banned.
 */
export function banKeyOf(torrent: Torrent, wire: Wire): string {
  if (wire.type !== 'webrtc') return wire.remoteAddress ?? wire.peerId
  const peer = peerOf(torrent, wire)
  if (!peer) return wire.peerId
  const introducer = peer.conn && introductionsOf.get(torrent)?.introducerOf(peer.conn)
  return introducer ? `${introducer}/${peer.id}` : peer.id
}

/** Whether a peer is banned: an introduction brings nobody back who was banned under the id it names. */
export function isBanned(torrent: Torrent, wire: Wire, banList: BanList): boolean {
  const id = peerOf(torrent, wire)?.id
  return banList.isBanned(banKeyOf(torrent, wire)) || (id !== undefined && banList.isBanned(id))
}

/** Close the connection to a banned peer. */
export function dropBanned(torrent: Torrent, wire: Wire): void {
  const conn = peerOf(torrent, wire)?.conn
  if (conn) introductionsOf.get(torrent)?.banned(conn)
  wire.destroy()
}

/** webtorrent's record of the peer at the other end of `wire`; undefined once it is gone. */
export function peerOf(torrent: Torrent, wire: Wire): Peer | undefined {
  for (const peer of torrent._peers.values()) if (peer.wire === wire) return peer
  return undefined
}
