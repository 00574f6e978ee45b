import { debug } from '../../base/debug.ts'
import { hasRelay } from '../../network/ice.ts'
import type { Client } from '../client.ts'
import type { Torrent, Wire } from '../webtorrent-types.ts'
import { readCandidatePair } from './candidate-pair.ts'
import { PeerRetry } from './peer-retry.ts'
import { RtcConnection } from './rtc-connection.ts'

const log = debug('engine:connect')

/** From the exchange of candidates to an open data channel; after that the connection is retried. */
const CONNECT_MAX_MS = 10_000

/** A connection that does not answer (ICE `disconnected`) may recover by itself within this time. */
const SILENT_MAX_MS = 4_000

/** Most connections of one swarm that others have offered and that are not open yet: a tracker may send any number. */
const CONNECTING_MAX = 100

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
 * The WebRTC connections of one swarm, from their first description to their end: which of two crossing offers is used, how
 * long a connection may take, and when to retry.
 */
export class PeerConnections {
  readonly retry: PeerRetry
  readonly #torrent: Torrent
  readonly #client: Pick<Client, 'RTCPeerConnection' | 'rtcConfig'>
  readonly #ownId: string
  readonly #hooks: Hooks
  /** Those that webtorrent has, connected or not, by peer id. */
  readonly #present = new Map<string, RtcConnection>()
  readonly #byWire = new WeakMap<Wire, RtcConnection>()
  readonly #routes = new WeakMap<RtcConnection, Route>()
  readonly #replaced = new WeakSet<RtcConnection>()

  constructor(torrent: Torrent, client: Client, hooks: Hooks) {
    this.#torrent = torrent
    this.#client = client
    this.#ownId = client.webtorrent.peerId
    this.#hooks = hooks
    this.retry = new PeerRetry(() => {
      if (!torrent.destroyed) hooks.announce()
    })
  }

  /** A new connection; null when this browser makes no more, or too many are being set up. By relay only after repeated failures. */
  create({ initiator }: { readonly initiator: boolean }): RtcConnection | null {
    if (!initiator && this.#connecting >= CONNECTING_MAX) return null
    const { RTCPeerConnection, rtcConfig } = this.#client
    const byRelay = this.retry.byRelay && hasRelay(rtcConfig.iceServers ?? [])
    const config: RTCConfiguration = byRelay ? { ...rtcConfig, iceTransportPolicy: 'relay' } : rtcConfig
    try {
      const connection = new RTCPeerConnection(config)
      return new RtcConnection({ connection, config, initiator, patient: this.retry.hasFailures })
    } catch (reason) {
      log('no connection', { reason })
      return null
    }
  }

  /** Hand over a connection whose `id` is set, before it is connected. False: it is not wanted, and closed. */
  add(connection: RtcConnection, source: 'tracker' | 'ut_pex'): boolean {
    if (this.#torrent.destroyed) {
      connection.destroy()
      return false
    }
    this.#prefer(connection)
    // It closes what it refuses: a second connection to the same peer.
    if (!this.#torrent.addPeer(connection, source)) return false
    this.#watch(connection)
    return true
  }

  /** The connection to the peer of that id, connected or not. */
  get(id: string): RtcConnection | undefined {
    return this.#present.get(id)
  }

  /** `wire` runs over `connection`. */
  bind(wire: Wire, connection: RtcConnection): void {
    this.#byWire.set(wire, connection)
  }

  /** What `wire` runs over; undefined over TCP and uTP. */
  of(wire: Wire): RtcConnection | undefined {
    return this.#byWire.get(wire)
  }

  /** How a peer is reached: by WebRTC, directly or through a relay, or by TCP or uTP. */
  route(wire: Wire): Route | 'tcp' {
    const connection = this.of(wire)
    return connection ? (this.#routes.get(connection) ?? 'direct') : 'tcp'
  }

  get #connecting(): number {
    let count = 0
    for (const { connected, initiator } of this.#present.values()) if (!connected && !initiator) count++
    return count
  }

  /**
   * Make room for `connection` where another one to the same peer is still being set up. When two peers send each other
   * offers at the same moment, each would drop the second one, and so both would be lost; the offer of the smaller peer
   * id is used.
   */
  #prefer({ id, initiator }: RtcConnection): void {
    const present = this.#present.get(id)
    if (!present || present.connected || present.initiator === initiator) return
    if (initiator !== this.#ownId < id) return
    this.#replaced.add(present)
    this.#torrent.removePeer(id)
  }

  #watch(connection: RtcConnection): void {
    const { id, initiator } = connection
    this.#present.set(id, connection)
    log(initiator ? 'offer sent' : 'offer received', { peer: id })
    let connected = false
    const limits = new Set<ReturnType<typeof setTimeout>>()
    const endIn = (milliseconds: number) => {
      limits.add(setTimeout(() => connection.destroy('broken'), milliseconds))
    }
    const unlimited = () => {
      for (const limit of limits) clearTimeout(limit)
      limits.clear()
    }
    endIn(CONNECT_MAX_MS)
    connection.once('connect', () => {
      connected = true
      unlimited()
      log('connected', { peer: id })
      this.retry.connected(id)
      this.#hooks.onChange()
      this.#findRoute(connection)
    })
    connection.on('iceState', state => {
      if (!connected) return
      unlimited()
      if (state === 'disconnected') {
        endIn(SILENT_MAX_MS)
        this.#hooks.onSilence()
      } else this.#findRoute(connection)
    })
    connection.once('close', fault => {
      unlimited()
      if (this.#present.get(id) === connection) this.#present.delete(id)
      const ours = this.#torrent.destroyed || this.#replaced.has(connection)
      const reason = ours ? 'closed by us' : (fault ?? 'closed')
      log(connected ? 'connection ended' : 'connection failed', { peer: id, reason })
      if (ours) return
      if (!connected) this.retry.failed(id)
      else if (fault === 'broken') this.retry.lost()
      this.#hooks.onChange()
    })
  }

  #findRoute(connection: RtcConnection): void {
    this.#readRoute(connection).catch(reason => log('route unknown', { peer: connection.id, reason }))
  }

  /** Errors: those of a connection that is closing. */
  async #readRoute(connection: RtcConnection): Promise<void> {
    const { types } = await readCandidatePair(connection.rtc)
    if (connection.destroyed) return
    log('route', { peer: connection.id, local: types[0], remote: types[1] })
    this.#routes.set(connection, types.includes('relay') ? 'relay' : 'direct')
    this.#hooks.onChange()
  }
}
