import { isIPv4 } from 'node:net'
import { addressBytes } from './address.ts'

const LOOPBACK = '\x7f'
const IPV4_BYTES = 4

/**
 * Compact IPv4 peers for a client at `client` (bytes) that reached us at `own`. A peer of this machine, as our own seeder,
 * announces from a loopback address, where nobody else finds it: others are told the one they reached this machine at.
 */
export function withOwnAddress(
  peers: readonly string[],
  client: string,
  own: string | undefined,
): readonly string[] {
  if (own === undefined || !isIPv4(own) || isLoopback(client)) return peers
  const told = addressBytes(own) ?? LOOPBACK
  if (isLoopback(told)) return peers
  return peers.map(peer => (peer.startsWith(LOOPBACK) ? told + peer.slice(IPV4_BYTES) : peer))
}

const isLoopback = (address: string): boolean =>
  address === IPV6_LOOPBACK || (address.length === IPV4_BYTES && address.startsWith(LOOPBACK))

const IPV6_LOOPBACK = `${'\0'.repeat(15)}\x01`
