import type { Connection, Peer, Torrent, Wire } from '../webtorrent.ts'
import { Redial } from './peer-retry.ts'

/** From the exchange of candidates until data can flow. Whoever needs longer is called again, patiently. */
const CONNECT_MAX_MS = 10_000

/** A connection that does not answer (ICE `disconnected`) may come back by itself for so long. */
const SILENT_MAX_MS = 4_000

/** How simple-peer names a connection that broke, as against one that was ended. */
const BROKEN = new Set(['ERR_ICE_CONNECTION_FAILURE', 'ERR_CONNECTION_FAILURE'])

/** Straight from machine to machine, or through a TURN server of either side. */
export type Route = 'direct' | 'relay'

interface Hooks {
  /** Sends new offers out. */
  readonly announce: () => void
  /** A connection does not answer. */
  readonly onSilence: () => void
  /** A peer's route, or who can't be reached, changed. */
  readonly onChange: () => void
}

/**
 * The WebRTC connections of one swarm, from call to end: which of two that cross is kept, how long one may take, and when
 * to call again.
 */
export class Calls {
  readonly redial: Redial
  readonly #torrent: Torrent
  readonly #ownId: string
  readonly #hooks: Hooks
  readonly #routes = new WeakMap<Wire, Route>()
  readonly #yielded = new WeakSet<Peer>()

  constructor(torrent: Torrent, ownId: string, hooks: Hooks) {
    this.#torrent = torrent
    this.#ownId = ownId
    this.#hooks = hooks
    this.redial = new Redial(() => {
      if (!torrent.destroyed) hooks.announce()
    })
  }

  route(wire: Wire): Route {
    return this.#routes.get(wire) ?? 'direct'
  }

  /**
   * Make room for `connection` where another with the same peer is still being set up. Two that call each other at the
   * same moment would each drop the call they get second, and so both; the call of the smaller peer id is kept.
   */
  prefer({ id, initiator }: Connection): void {
    const present = this.#torrent._peers.get(id)
    if (present?.type !== 'webrtc' || present.connected || present.conn.initiator === initiator) return
    if (initiator !== this.#ownId < id) return
    this.#yielded.add(present)
    this.#torrent.removePeer(id)
  }

  /** Watch a peer until its end. */
  follow(peer: Peer): void {
    if (peer.type !== 'webrtc') return
    const { conn, id } = peer
    let connected = false
    const limits = new Set<ReturnType<typeof setTimeout>>()
    const endIn = (milliseconds: number) => {
      limits.add(setTimeout(() => peer.destroy({ code: 'ERR_CONNECTION_FAILURE' }), milliseconds))
    }
    const unlimited = () => {
      for (const limit of limits) clearTimeout(limit)
      limits.clear()
    }
    const connect = () => {
      connected = true
      unlimited()
      this.redial.connected(id)
      this.#hooks.onChange()
      void this.#findRoute(peer)
    }
    conn.on('iceStateChange', state => {
      if (!connected) return
      unlimited()
      if (state === 'disconnected') {
        endIn(SILENT_MAX_MS)
        this.#hooks.onSilence()
      } else void this.#findRoute(peer)
    })
    const destroy = peer.destroy
    peer.destroy = error => {
      if (!peer.destroyed) {
        unlimited()
        const ours = this.#torrent.destroyed || this.#yielded.has(peer)
        if (!ours) this.#ended(id, connected, BROKEN.has(error?.code ?? ''))
      }
      destroy.call(peer, error)
    }
    if (peer.connected) connect()
    else {
      endIn(CONNECT_MAX_MS)
      conn.once('connect', connect)
    }
  }

  #ended(id: string, connected: boolean, broken: boolean): void {
    if (!connected) this.redial.failed(id)
    else if (broken) this.redial.lost()
    this.#hooks.onChange()
  }

  /** The candidate pair in use (W3C webrtc-stats, RTCTransportStats). */
  async #findRoute({ conn, wire }: Peer): Promise<void> {
    const stats = await conn._pc?.getStats().catch(() => null)
    if (!stats || !wire) return
    const byId = new Map<string, Record<string, unknown>>()
    for (const [id, entry] of stats.entries()) byId.set(id, entry)
    const transport = [...byId.values()].find(({ type }) => type === 'transport')
    const chosen = byId.get(String(transport?.['selectedCandidatePairId']))
    const pair = chosen ?? [...byId.values()].find(entry => entry['selected'] || entry['nominated'])
    const ends = ['localCandidateId', 'remoteCandidateId'].map(key => byId.get(String(pair?.[key])))
    const relayed = ends.some(candidate => candidate?.['candidateType'] === 'relay')
    this.#routes.set(wire, relayed ? 'relay' : 'direct')
    this.#hooks.onChange()
  }
}
