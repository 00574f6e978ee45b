import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { addressBytes, compactPeer } from '../../base/address.ts'
import type { AddressUse } from '../address-uses.ts'
import { REFUSALS } from '../refusals.ts'
import type { ClassicPeers } from './classic-peers.ts'
import { ConnectionIds } from './connection-ids.ts'
import { addressToward, hasOwnPeers, withOwnAddress } from './loopback-peers.ts'
import {
  announceAnswer,
  connectAnswer,
  errorAnswer,
  readUdpRequest,
  scrapeAnswer,
  type UdpRequest,
} from './udp-packets.ts'

interface UdpOptions {
  readonly peers: ClassicPeers
  readonly addressUse: (address: string) => AddressUse
  /** Milliseconds. */
  readonly now: () => number
  /** Where peers of this machine are told to be; undefined for the address that the client reaches it at. */
  readonly own: string | undefined
  /** Told how many seconds an announce took. */
  readonly onAnnounced: (seconds: number) => void
  readonly onError: (error: unknown) => void
}

const IPV4_BYTES = 4

/** The tracker over UDP (BEP 15). Who has no valid connection id gets no answer, except to a connect, which is as long. */
export class UdpTracker {
  readonly #options: UdpOptions
  readonly #socket: Socket
  readonly #connectionIds = new ConnectionIds()
  #isClosed = false

  private constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('message', (packet, from) => void this.#receive(packet, from))
    socket.on('error', options.onError)
  }

  /** Listen at `host` (`::` takes IPv4 too); rejects when the port is taken. */
  static async listen(port: number, host: string, options: UdpOptions): Promise<UdpTracker> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
    socket.bind(port, host)
    await once(socket, 'listening')
    return new UdpTracker(socket, options)
  }

  close(): void {
    this.#isClosed = true
    this.#socket.close()
  }

  async #receive(packet: Buffer, from: RemoteInfo): Promise<void> {
    // Nobody can be answered there.
    if (from.port === 0) return
    try {
      const request = readUdpRequest(packet)
      const address = addressBytes(from.address)
      const answer = request && address && (await this.#answer(request, address, from.address))
      // A packet that can't be sent is one that was lost; so is one whose socket was closed meanwhile.
      if (answer && !this.#isClosed) this.#socket.send(answer, from.port, from.address, () => {})
    } catch (error) {
      this.#options.onError(error)
    }
  }

  /** What a client at `address` (bytes, `host` as text) is told. */
  async #answer(request: UdpRequest, address: string, host: string): Promise<Buffer | undefined> {
    const { addressUse, now, onAnnounced, peers } = this.#options
    const { transactionId } = request
    if (request.kind === 'connect') {
      return connectAnswer(transactionId, this.#connectionIds.issue(address, now()))
    }
    if (!this.#connectionIds.isValid(request.connectionId, address, now())) {
      peers.counters.refused('connection_id')
      return undefined
    }
    if (request.kind === 'invalid') {
      peers.counters.refused('invalid')
      return errorAnswer(transactionId, REFUSALS.invalid)
    }
    const use = addressUse(address)
    if (request.kind === 'scrape') {
      const counts = peers.scrape('udp', request.infoHashes, use)
      if (typeof counts === 'string') return errorAnswer(transactionId, REFUSALS[counts])
      // One for each that was asked for, in their order, also when one was asked for twice.
      const inOrder = request.infoHashes.flatMap(infoHash => counts.get(infoHash) ?? [])
      return scrapeAnswer(transactionId, inOrder)
    }
    const start = performance.now()
    const { infoHash, numwant, peerId, port, report } = request
    const compact = compactPeer(address, port)
    const answer = peers.announce('udp', { infoHash, peerId, use, compact, report, numwant })
    onAnnounced((performance.now() - start) / 1000)
    if (typeof answer === 'string') return errorAnswer(transactionId, REFUSALS[answer])
    if (address.length !== IPV4_BYTES) return announceAnswer(transactionId, answer, answer.ipv6)
    const { ipv4 } = answer
    const own = hasOwnPeers(ipv4, address) ? (this.#options.own ?? (await addressToward(host))) : undefined
    return announceAnswer(transactionId, answer, withOwnAddress(ipv4, address, own))
  }
}
