import { debug } from '../../base/debug.ts'
import type { Connection, Peer, Torrent, Wire } from '../webtorrent-types.ts'
import { readCandidatePair } from './candidate-pair.ts'
import { PeerRetry } from './peer-retry.ts'

const log = debug('engine:connect')

/** From the exchange of candidates to an open data channel; after that the connection is retried. */
const CONNECT_MAX_MS = 10_000

/** A connection that does not answer (ICE `disconnected`) may recover by itself within this time. */
const SILENT_MAX_MS = 4_000

/** simple-peer's error codes of a connection that broke, in contrast to one that was closed. */
const BROKEN = new Set(['ERR_ICE_CONNECTION_FAILURE', 'ERR_CONNECTION_FAILURE'])

const TIMEOUT = { code: 'ERR_CONNECTION_FAILURE', message: 'timeout' }

/** Directly from machine to machine, or through a TURN server of either side. */
export type Route = 'direct' | 'relay'

interface Hooks {
  /** Announces with new offers. */
  readonly announce: () => void
  /** A connection does not answer. */
  readonly onSilence: () => void
  /** A peer's route, or the set of unreached peers, changed. */
  readonly onChange: () => void
}

/**
 * The WebRTC connections of one swarm, from offer to close: which of two crossing offers is kept, how long a connection may
 * take, and when to retry.
 */
export class PeerConnections {
  readonly retry: PeerRetry
  readonly #torrent: Torrent
  readonly #ownId: string
  readonly #hooks: Hooks
  readonly #routes = new WeakMap<Wire, Route>()
  readonly #replaced = new WeakSet<Peer>()

  constructor(torrent: Torrent, ownId: string, hooks: Hooks) {
    this.#torrent = torrent
    this.#ownId = ownId
    this.#hooks = hooks
    this.retry = new PeerRetry(() => {
      if (!torrent.destroyed) hooks.announce()
    })
  }

  route(wire: Wire): Route {
    return this.#routes.get(wire) ?? 'direct'
  }

  /**
   * Make room for `connection` where another one to the same peer is still being set up. When two peers send each other
   * offers at the same moment, each would drop the second one, and so both would be lost; the offer of the smaller peer
   * id is kept.
   */
  prefer({ id, initiator }: Pick<Connection, 'id' | 'initiator'>): void {
    const present = this.#torrent._peers.get(id)
    if (present?.type !== 'webrtc' || present.connected || present.conn?.initiator === initiator) return
    if (initiator !== this.#ownId < id) return
    this.#replaced.add(present)
    this.#torrent.removePeer(id)
  }

  /** Watch a peer until it is closed. */
  watch(peer: Peer): void {
    const { conn, id } = peer
    if (peer.type !== 'webrtc' || !conn) return
    log(conn.initiator ? 'offer sent' : 'offer received', { peer: id })
    let connected = false
    const limits = new Set<ReturnType<typeof setTimeout>>()
    const endIn = (milliseconds: number) => {
      limits.add(setTimeout(() => peer.destroy(TIMEOUT), milliseconds))
    }
    const unlimited = () => {
      for (const limit of limits) clearTimeout(limit)
      limits.clear()
    }
    const connect = () => {
      connected = true
      unlimited()
      log('connected', { peer: id })
      this.retry.connected(id)
      this.#hooks.onChange()
      this.#findRoute(peer)
    }
    conn.on('iceStateChange', state => {
      // Its last state changes come after simple-peer has dropped it.
      if (!connected || peer.destroyed) return
      unlimited()
      if (state === 'disconnected') {
        endIn(SILENT_MAX_MS)
        this.#hooks.onSilence()
      } else this.#findRoute(peer)
    })
    const destroy = peer.destroy
    peer.destroy = error => {
      if (!peer.destroyed) {
        unlimited()
        const ours = this.#torrent.destroyed || this.#replaced.has(peer)
        const reason = ours ? 'closed by us' : (error?.code ?? 'closed')
        log(connected ? 'connection ended' : 'connection failed', {
          peer: id,
          reason,
          detail: error?.message,
        })
        if (!ours) this.#onEnd(id, { connected, broken: BROKEN.has(error?.code ?? '') })
      }
      destroy.call(peer, error)
    }
    if (peer.connected) connect()
    else {
      endIn(CONNECT_MAX_MS)
      conn.once('connect', connect)
    }
  }

  #onEnd(id: string, { connected, broken }: { readonly connected: boolean; readonly broken: boolean }): void {
    if (!connected) this.retry.failed(id)
    else if (broken) this.retry.lost()
    this.#hooks.onChange()
  }

  #findRoute(peer: Peer): void {
    const { conn, id, wire } = peer
    if (!conn || !wire) return
    this.#readRoute(conn, id, wire).catch(reason => log('route unknown', { peer: id, reason }))
  }

  /** Errors: those of a connection that is closing. */
  async #readRoute(conn: Connection, id: string, wire: Wire): Promise<void> {
    if (!conn._pc) return
    const { types } = await readCandidatePair(conn._pc)
    if (wire.destroyed) return
    log('route', { peer: id, local: types[0], remote: types[1] })
    this.#routes.set(wire, types.includes('relay') ? 'relay' : 'direct')
    this.#hooks.onChange()
  }
}
