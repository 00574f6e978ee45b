import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { addressBytes, compactPeer } from './address.ts'
import type { AddressUse } from './address-uses.ts'
import type { ClassicPeers } from './classic-peers.ts'
import { ConnectionIds } from './connection-ids.ts'
import { REFUSALS } from './refusals.ts'
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
  /** Where peers of this machine are told to be; undefined when not known. */
  readonly own: string | undefined
  readonly onError: (error: unknown) => void
}

const IPV4_BYTES = 4

/** The tracker over UDP (BEP 15). Who has no valid connection id gets no answer, except to a connect, which is as long. */
export class UdpTracker {
  readonly #options: UdpOptions
  readonly #socket: Socket
  readonly #connectionIds = new ConnectionIds()

  private constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('message', (packet, from) => this.#receive(packet, from))
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
    this.#socket.close()
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    try {
      const request = readUdpRequest(packet)
      const address = addressBytes(from.address)
      const answer = request && address && this.#answer(request, address)
      // A packet that can't be sent is one that was lost.
      if (answer) this.#socket.send(answer, from.port, from.address, () => {})
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #answer(request: UdpRequest, address: string): Buffer | undefined {
    const { addressUse, now, own, peers } = this.#options
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
    const { infoHash, numwant, peerId, port, report } = request
    const compact = compactPeer(address, port)
    const answer = peers.announce('udp', { infoHash, peerId, use, address, compact, report, numwant, own })
    if (typeof answer === 'string') return errorAnswer(transactionId, REFUSALS[answer])
    const { ipv4, ipv6 } = answer
    return announceAnswer(transactionId, answer, address.length === IPV4_BYTES ? ipv4 : ipv6)
  }
}
