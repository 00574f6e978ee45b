import type { Id } from '../swarms/swarm.ts'
import { isSeed, type Report, type SwarmCounts } from '../swarms/swarms.ts'

/** Packets of the UDP tracker protocol (BEP 15); all numbers are big endian. */

interface Head {
  /** 8 bytes, one a UTF-16 unit. */
  readonly connectionId: string
  /** The client's own; every answer repeats it. */
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
      readonly port: number
    })
  | (Head & { readonly kind: 'scrape'; readonly infoHashes: readonly Id[] })
  /** A whole head and nothing sensible behind it. */
  | (Head & { readonly kind: 'invalid' })

const Action = { connect: 0, announce: 1, scrape: 2, error: 3 } as const

const PROTOCOL_ID = '\0\0\x04\x17\x27\x10\x19\x80'
const HEAD_BYTES = 16
const ANNOUNCE_BYTES = 98
const ANNOUNCE_HEAD_BYTES = 20
const ID_BYTES = 20
/** What fits into a packet that no network cuts. */
const SCRAPE_MAX = 74
/** The same over IPv6 (RFC 8200 section 5: 1280), without the heads of IP and UDP. */
const PACKET_MAX_BYTES = 1280 - 40 - 8
const EVENTS = [undefined, 'completed', 'started', 'stopped'] as const

/** What `packet` asks for; undefined when there is nobody to answer. Never throws. */
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

/** The address in it is passed over: anyone could name a victim there. What follows it (BEP 41) is not needed. */
function readAnnounce(packet: Buffer, head: Head): UdpRequest {
  if (packet.length < ANNOUNCE_BYTES) return { kind: 'invalid', ...head }
  const eventId = packet.readUInt32BE(80)
  const port = packet.readUInt16BE(96)
  if (eventId >= EVENTS.length || port === 0) return { kind: 'invalid', ...head }
  const event = EVENTS[eventId]
  return {
    kind: 'announce',
    ...head,
    infoHash: idAt(packet, 16),
    peerId: idAt(packet, 36),
    report: {
      event,
      seed: isSeed(packet.readBigUInt64BE(64) === 0n ? 0 : 1, event),
      downloaded: Number(packet.readBigUInt64BE(56)),
    },
    numwant: packet.readInt32BE(92),
    port,
  }
}

export function connectAnswer(transactionId: number, connectionId: string): Buffer {
  const packet = answer(Action.connect, transactionId, HEAD_BYTES)
  packet.write(connectionId, 8, 'latin1')
  return packet
}

/** `peers` are compact and all of the client's own family, by whose size clients know them; as many as fit are told. */
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

export function scrapeAnswer(transactionId: number, counts: readonly SwarmCounts[]): Buffer {
  const packet = answer(Action.scrape, transactionId, 8 + 12 * counts.length)
  counts.forEach(({ complete, downloaded, incomplete }, at) => {
    packet.writeUInt32BE(complete, 8 + 12 * at)
    packet.writeUInt32BE(Math.min(downloaded, 0xffff_ffff), 12 + 12 * at)
    packet.writeUInt32BE(incomplete, 16 + 12 * at)
  })
  return packet
}

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
