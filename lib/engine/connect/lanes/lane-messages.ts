/**
 * What two peers say about lanes, in extension messages `ts_lanes` (BEP 10) over their wire. The payload, integers big-endian:
 *
 *     offset  bytes
 *     0       1      kind: 1 offer, 2 answer, 3 candidate, 4 close
 *     1       1      lane: even for one that the side opens which offered the first connection, odd for the other side's
 *     2       …      offer, answer: a session description (RFC 8866) without candidates, UTF-8
 *                    candidate: a candidate attribute (RFC 8839, `candidate:…`), UTF-8
 *                    close: 4 bytes, how many blocks the sender of this message has received on the lane
 *
 * The offering side sends its candidates once it has the answer. A `close` is answered by a `close`; blocks beyond the
 * count in it were lost, and are sent again elsewhere. An offer that is not wanted is answered by a `close`.
 */
export type LaneMessage =
  | { readonly kind: 'offer' | 'answer'; readonly lane: number; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly lane: number; readonly candidate: string }
  | { readonly kind: 'close'; readonly lane: number; readonly received: number }

/** Name of the extension in the BEP 10 handshake. */
export const LANES_EXTENSION = 'ts_lanes'

const KINDS = ['offer', 'answer', 'candidate', 'close'] as const

const HEAD_BYTES = 2
const SDP_MAX_BYTES = 8 * 1024
const CANDIDATE_MAX_BYTES = 512

/** First byte of a message on a lane: a block, as the BEP 3 `piece` message without its length; or no more blocks follow. */
export const BLOCK = 7
export const END = 0

/** Bytes before the data of a block on a lane: kind, piece, offset. */
export const BLOCK_HEAD_BYTES = 9

export function encodeLaneMessage(message: LaneMessage): Uint8Array<ArrayBuffer> {
  const text =
    message.kind === 'close' ? null : message.kind === 'candidate' ? message.candidate : message.sdp
  const rest = text === null ? new Uint8Array(4) : new TextEncoder().encode(text)
  const bytes = new Uint8Array(HEAD_BYTES + rest.length)
  bytes.set([KINDS.indexOf(message.kind) + 1, message.lane])
  bytes.set(rest, HEAD_BYTES)
  if (message.kind === 'close') new DataView(bytes.buffer).setUint32(HEAD_BYTES, message.received)
  return bytes
}

/** The message in untrusted bytes; null when there is none of this format. */
export function decodeLaneMessage(bytes: Uint8Array): LaneMessage | null {
  const kind = KINDS[(bytes[0] ?? 0) - 1]
  const lane = bytes[1]
  if (kind === undefined || lane === undefined) return null
  const rest = bytes.subarray(HEAD_BYTES)
  if (kind === 'close') {
    if (rest.length !== 4) return null
    return { kind, lane, received: new DataView(rest.buffer, rest.byteOffset).getUint32(0) }
  }
  if (rest.length > (kind === 'candidate' ? CANDIDATE_MAX_BYTES : SDP_MAX_BYTES)) return null
  const text = new TextDecoder().decode(rest)
  if (kind === 'candidate') {
    return /^candidate:[^\r\n]+$/.test(text) ? { kind, lane, candidate: text } : null
  }
  // One data channel transport, and no media.
  const media = text.match(/^m=.*$/gm) ?? []
  return media.length === 1 && media[0]?.startsWith('m=application ') ? { kind, lane, sdp: text } : null
}

/** A session description without its candidates, which follow in messages of their own. */
export const withoutCandidates = (sdp: string): string =>
  sdp
    .split('\r\n')
    .filter(line => !/^a=(candidate:|end-of-candidates)/.test(line))
    .join('\r\n')

/** A block as a lane carries it. */
export function encodeBlock(piece: number, offset: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BLOCK_HEAD_BYTES + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, BLOCK)
  view.setUint32(1, piece)
  view.setUint32(5, offset)
  bytes.set(data, BLOCK_HEAD_BYTES)
  return bytes
}
