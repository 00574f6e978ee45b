import { SDP_MAX } from '../../protocol/announce.ts'
import { type Bencode, decode, type Encodable, encode } from '../../torrent/bencode.ts'

/** Name of the extension in the handshake of BEP 10. */
export const INTRODUCTIONS = 'ts_meet'

/** Most peers of one list that are read or written. */
export const LISTED_MAX = 60

const ID_BYTES = 20
const ENTRY_BYTES = ID_BYTES + 1
const SEED_FLAG = 1
/** Longest name of an offer, in bytes. */
const OFFER_ID_MAX_BYTES = 16
/** A dictionary with its five entries. */
const VALUES_MAX = 16

/** A peer that the sender is connected to. */
export interface ListedPeer {
  /** Peer id, 40 hex digits. */
  readonly id: string
  /** Has every piece. */
  readonly isSeed: boolean
}

/** A session description on its way from one peer to another. */
export interface PassedOn {
  readonly type: 'offer' | 'answer'
  /** Peer ids, 40 hex digits. Who passes it on fills in `from`: nobody speaks in another one's name. */
  readonly from: string
  readonly to: string
  /** Names the offer, so that its answer is recognised: hex digits. */
  readonly offerId: string
  readonly sdp: string
}

export type Introduction = { readonly type: 'list'; readonly peers: readonly ListedPeer[] } | PassedOn

/**
 * One message is one bencoded dictionary:
 *
 * - `peers`: for each peer, the 20 bytes of its id and one byte of flags (1: has every piece);
 * - or `offer` or `answer`: the session description (RFC 8866, UTF-8), with `from` and `to` (20 bytes each) and `id` (1 to
 *   16 bytes).
 *
 * Unknown keys are ignored.
 */
export function encodeIntroduction(message: Introduction): Uint8Array<ArrayBuffer> {
  if (message.type !== 'list') {
    const { from, offerId, sdp, to, type } = message
    return encode(
      new Map<string, Encodable>([
        ['from', bytesOf(from)],
        ['id', bytesOf(offerId)],
        ['to', bytesOf(to)],
        [type, sdp],
      ]),
    )
  }
  const listed = message.peers.slice(0, LISTED_MAX)
  const bytes = new Uint8Array(listed.length * ENTRY_BYTES)
  for (const [index, { id, isSeed }] of listed.entries()) {
    bytes.set(bytesOf(id), index * ENTRY_BYTES)
    bytes[index * ENTRY_BYTES + ID_BYTES] = isSeed ? SEED_FLAG : 0
  }
  return encode(new Map([['peers', bytes]]))
}

/** Null for what is no introduction: such a message comes from a stranger. */
export function decodeIntroduction(bytes: Uint8Array): Introduction | null {
  let value: Bencode
  try {
    value = decode(bytes, { valuesMax: VALUES_MAX }).value
  } catch {
    return null
  }
  if (!(value instanceof Map)) return null
  const peers = value.get('peers')
  if (peers instanceof Uint8Array) return { type: 'list', peers: listedIn(peers) }
  const type = value.has('offer') ? 'offer' : 'answer'
  const [from, to, id, sdp] = ['from', 'to', 'id', type].map(key => value.get(key))
  if (!isBytes(from) || !isBytes(to) || !isBytes(id) || !isBytes(sdp)) return null
  const isFitting =
    from.length === ID_BYTES &&
    to.length === ID_BYTES &&
    id.length > 0 &&
    id.length <= OFFER_ID_MAX_BYTES &&
    sdp.length <= SDP_MAX
  if (!isFitting) return null
  const text = new TextDecoder().decode(sdp)
  return { type, from: hexOf(from), to: hexOf(to), offerId: hexOf(id), sdp: text }
}

function listedIn(bytes: Uint8Array): ListedPeer[] {
  const count = Math.min(LISTED_MAX, Math.floor(bytes.length / ENTRY_BYTES))
  return Array.from({ length: count }, (_, index) => {
    const entry = bytes.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES)
    return { id: hexOf(entry.subarray(0, ID_BYTES)), isSeed: ((entry[ID_BYTES] ?? 0) & SEED_FLAG) !== 0 }
  })
}

const isBytes = (value: Bencode | undefined): value is Uint8Array => value instanceof Uint8Array

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  )
