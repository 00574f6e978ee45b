import type { RemoteInfo, Socket } from 'node:dgram'
import { addressBytes, compactPeer } from '../../base/address.ts'
import type { AddressQuota } from '../address-quotas.ts'
import { REFUSALS } from '../refusals.ts'
import type { ClassicPeers } from './classic-peers.ts'
import { ConnectionIds } from './connection-ids.ts'
import { hasLoopbackPeers, localAddressToward, replaceLoopback } from './loopback-peers.ts'
import {
  announceAnswer,
  connectAnswer,
  errorAnswer,
  readUdpRequest,
  scrapeAnswer,
  type UdpRequest,
} from './udp-packets.ts'
import { UdpSockets } from './udp-sockets.ts'

interface UdpOptions {
  readonly peers: ClassicPeers
  /** The quota of an address in bytes. */
  readonly quotaOf: (address: string) => AddressQuota
  /** The address that clients get for peers of this machine; undefined for that at which the client reaches it. */
  readonly serverAddress: string | undefined
  /** The secret of connection ids that all nodes accept; undefined for one of this process. */
  readonly sharedSecret: () => Buffer | undefined
  /** Gets the seconds that an announce took. */
  readonly onAnnounced: (seconds: number) => void
  readonly onError: (error: unknown) => void
}

const IPV4_BYTES = 4

/**
 * The tracker over UDP (BEP 15). A client without a valid connection id gets no answer except to `connect`, where request
 * and answer have the same size: nobody's traffic is amplified.
 */
export class UdpTracker {
  readonly #options: UdpOptions
  readonly #connectionIds: ConnectionIds
  #sockets: UdpSockets | null = null

  private constructor(options: UdpOptions) {
    this.#options = options
    this.#connectionIds = new ConnectionIds(options.sharedSecret)
  }

  /** Listens at `host` (`::` takes IPv4 too); rejects when the port is in use. */
  static async listen(port: number, host: string, options: UdpOptions): Promise<UdpTracker> {
    const tracker = new UdpTracker(options)
    tracker.#sockets = await UdpSockets.listen(port, host, {
      onMessage: (packet, from, socket) => tracker.#receive(packet, from, socket).catch(options.onError),
      onError: options.onError,
    })
    return tracker
  }

  close(): void {
    this.#sockets?.close()
    this.#sockets = null
  }

  async #receive(packet: Buffer, from: RemoteInfo, socket: Socket): Promise<void> {
    // Port 0 cannot be answered.
    if (from.port === 0) return
    const request = readUdpRequest(packet)
    const address = addressBytes(from.address)
    const answer = request && address && (await this.#answer(request, address, from.address))
    if (!answer) return
    try {
      // From the address that was asked; an answer that cannot be sent is like a lost packet: clients repeat requests.
      socket.send(answer, from.port, from.address, () => {})
    } catch {
      // Closed meanwhile.
    }
  }

  /** The answer to a client at `address` (bytes; `host` is the same as text). */
  async #answer(request: UdpRequest, address: string, host: string): Promise<Buffer | undefined> {
    const { onAnnounced, peers, quotaOf } = this.#options
    const { transactionId } = request
    if (request.kind === 'connect') {
      return connectAnswer(transactionId, this.#connectionIds.issue(address, Date.now()))
    }
    if (!this.#connectionIds.isValid(request.connectionId, address, Date.now())) {
      peers.counters.refused('connection_id')
      return undefined
    }
    if (request.kind === 'invalid') {
      peers.counters.refused('invalid')
      return errorAnswer(transactionId, REFUSALS.invalid)
    }
    const quota = quotaOf(address)
    if (request.kind === 'scrape') {
      const counts = await peers.scrape('udp', request.infoHashes, quota)
      if (typeof counts === 'string') return errorAnswer(transactionId, REFUSALS[counts])
      // Clients match counts to info hashes by position, so one that is named twice is counted twice.
      const inOrder = request.infoHashes.flatMap(infoHash => counts.get(infoHash) ?? [])
      return scrapeAnswer(transactionId, inOrder)
    }
    const start = performance.now()
    const { infoHash, numwant, peerId, port, report } = request
    const compact = port === 0 ? null : compactPeer(address, port)
    const away = await (peers.lookUp(infoHash) ?? undefined)
    const answer =
      away ?? (await peers.announce('udp', { infoHash, peerId, quota, compact, report, numwant }))
    onAnnounced((performance.now() - start) / 1000)
    if (typeof answer === 'string') return errorAnswer(transactionId, REFUSALS[answer])
    if (address.length !== IPV4_BYTES) return announceAnswer(transactionId, answer, answer.ipv6)
    const { ipv4 } = answer
    if (!hasLoopbackPeers(ipv4, address)) return announceAnswer(transactionId, answer, ipv4)
    const serverAddress = this.#options.serverAddress ?? (await localAddressToward(host))
    return announceAnswer(transactionId, answer, replaceLoopback(ipv4, address, serverAddress))
  }
}
