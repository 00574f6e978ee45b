import { isSeed, type Report, type SwarmCounts } from '../swarms/swarms.ts'
import type { Id } from '../wire-text.ts'

// Packets of the UDP tracker protocol (BEP 15); all numbers are big-endian.

interface Head {
  /** 8 bytes, one a UTF-16 unit. */
  readonly connectionId: string
  /** Chosen by the client; every answer repeats it. */
  readonly transactionId: number
}

export type UdpRequest =
  | (Pick<Head, 'transactionId'> & { readonly kind: 'connect' })
  | (Head & {
      readonly kind: 'announce'
      readonly infoHash: Id
      readonly peerId: Id
      readonly report: Report
      /** Negative for as many as we like. */
      readonly numwant: number
      /** 0 when the client names none. */
      readonly port: number
    })
  | (Head & { readonly kind: 'scrape'; readonly infoHashes: readonly Id[] })
  /** A complete head with nothing valid behind it. */
  | (Head & { readonly kind: 'invalid' })

const Action = { connect: 0, announce: 1, scrape: 2, error: 3 } as const

const PROTOCOL_ID = '\0\0\x04\x17\x27\x10\x19\x80'
const HEAD_BYTES = 16
const ANNOUNCE_BYTES = 98
const ANNOUNCE_HEAD_BYTES = 20
const ID_BYTES = 20
/** Info hashes that fit into one packet (BEP 15). */
const SCRAPE_MAX = 74
/** Payload that every network delivers whole: the least MTU of IPv6 (RFC 8200 section 5) without the IP and UDP headers. */
const PACKET_MAX_BYTES = 1280 - 40 - 8
const EVENTS = [undefined, 'completed', 'started', 'stopped'] as const

/** Parses `packet` (BEP 15); undefined when it deserves no answer. Never throws. */
export function readUdpRequest(packet: Buffer): UdpRequest | undefined {
  if (packet.length < HEAD_BYTES) return undefined
  const connectionId = packet.toString('latin1', 0, 8)
  const action = packet.readUInt32BE(8)
  const transactionId = packet.readUInt32BE(12)
  const head = { connectionId, transactionId }
  if (action === Action.connect) {
    return connectionId === PROTOCOL_ID ? { kind: 'connect', transactionId } : undefined
  }
  if (action === Action.announce) return readAnnounce(packet, head)
  if (action !== Action.scrape) return { kind: 'invalid', ...head }
  const count = Math.floor((packet.length - HEAD_BYTES) / ID_BYTES)
  if (count < 1 || count > SCRAPE_MAX) return { kind: 'invalid', ...head }
  const infoHashes = Array.from({ length: count }, (_, at) => idAt(packet, HEAD_BYTES + at * ID_BYTES))
  return { kind: 'scrape', ...head, infoHashes }
}

/** The address in the packet is ignored, because anyone could name a victim there; so are BEP 41 extensions. */
function readAnnounce(packet: Buffer, head: Head): UdpRequest {
  if (packet.length < ANNOUNCE_BYTES) return { kind: 'invalid', ...head }
  const eventId = packet.readUInt32BE(80)
  // An unknown event counts as none.
  const event = EVENTS[eventId]
  const downloaded = packet.readBigInt64BE(56)
  return {
    kind: 'announce',
    ...head,
    infoHash: idAt(packet, 16),
    peerId: idAt(packet, 36),
    report: {
      event,
      seed: isSeed(packet.readBigUInt64BE(64) === 0n ? 0 : 1, event),
      downloaded: downloaded < 0n ? undefined : Number(downloaded),
    },
    numwant: packet.readInt32BE(92),
    port: packet.readUInt16BE(96),
  }
}

/** Answer to `connect`; `connectionId` is 8 UTF-16 units of one byte. */
export function connectAnswer(transactionId: number, connectionId: string): Buffer {
  const packet = answer(Action.connect, transactionId, HEAD_BYTES)
  packet.write(connectionId, 8, 'latin1')
  return packet
}

/**
 * Answer to `announce`, with as many of `peers` as fit into a packet. They are compact and of the client's address family,
 * which determines the size of an entry.
 */
export function announceAnswer(
  transactionId: number,
  { complete, incomplete, interval }: SwarmCounts & { readonly interval: number },
  peers: readonly string[],
): Buffer {
  const fitting = Math.floor((PACKET_MAX_BYTES - ANNOUNCE_HEAD_BYTES) / (peers[0]?.length ?? 1))
  const list = Buffer.from(peers.slice(0, fitting).join(''), 'latin1')
  const packet = answer(Action.announce, transactionId, ANNOUNCE_HEAD_BYTES)
  packet.writeUInt32BE(interval, 8)
  packet.writeUInt32BE(incomplete, 12)
  packet.writeUInt32BE(complete, 16)
  return Buffer.concat([packet, list])
}

/** Answer to `scrape`; `counts` in the order of the request. */
export function scrapeAnswer(transactionId: number, counts: readonly SwarmCounts[]): Buffer {
  const packet = answer(Action.scrape, transactionId, 8 + 12 * counts.length)
  counts.forEach(({ complete, downloaded, incomplete }, at) => {
    packet.writeUInt32BE(complete, 8 + 12 * at)
    packet.writeUInt32BE(Math.min(downloaded, 0xffff_ffff), 12 + 12 * at)
    packet.writeUInt32BE(incomplete, 16 + 12 * at)
  })
  return packet
}

/** Error answer to any request; `reason` is ASCII. */
export function errorAnswer(transactionId: number, reason: string): Buffer {
  return Buffer.concat([answer(Action.error, transactionId, 8), Buffer.from(reason)])
}

function answer(action: number, transactionId: number, length: number): Buffer {
  const packet = Buffer.alloc(length)
  packet.writeUInt32BE(action, 0)
  packet.writeUInt32BE(transactionId, 4)
  return packet
}

const idAt = (packet: Buffer, at: number): Id => packet.toString('latin1', at, at + ID_BYTES)
