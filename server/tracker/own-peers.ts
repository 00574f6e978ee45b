import { isIPv4 } from 'node:net'
import { decode, encode } from '../../lib/torrent/bencode.ts'

const LOOPBACK = 127
/** BEP 23: an IPv4 address and a port. */
const PEER_BYTES = 6

/**
 * An announce answer for a client at `client` that reached us at `own`. A peer of this machine, as our own seeder, announces
 * from a loopback address, where nobody else finds it: others are told the one they reached this machine at.
 */
export function withOwnAddress(answer: Uint8Array, client: string, own: string | undefined): Uint8Array {
  if (own === undefined || !isIPv4(own) || isLoopback(own) || isLoopback(client)) return answer
  const { value } = decode(answer)
  const peers = value instanceof Map ? value.get('peers') : undefined
  if (!(value instanceof Map) || !(peers instanceof Uint8Array)) return answer
  const told = peers.slice()
  for (let at = 0; at + PEER_BYTES <= told.length; at += PEER_BYTES) {
    if (told[at] === LOOPBACK) told.set(own.split('.').map(Number), at)
  }
  return encode(new Map([...value, ['peers', told]]))
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.')
