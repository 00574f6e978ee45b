import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { addressBytes, isLoopback } from '../../base/address.ts'

const LOOPBACK = '\x7f'
const IPV4_BYTES = 4
/** Any port but 0 will do: nothing is sent. */
const ANY_PORT = 9

/**
 * Whether `peers` (compact, IPv4) has peers of this machine that announced from a loopback address, as our own seeder
 * does, and `client` (bytes) is on another machine, where that address would lead back to itself.
 */
export function hasLoopbackPeers(peers: readonly string[], client: string): boolean {
  return !isLoopback(client) && peers.some(isLoopbackPeer)
}

/**
 * `peers` (compact, IPv4) for `client` (bytes): peers of this machine with the address `serverAddress` instead of a loopback
 * one, or left out when that is not a known IPv4 address.
 */
export function replaceLoopback(
  peers: readonly string[],
  client: string,
  serverAddress: string | undefined,
): readonly string[] {
  if (!hasLoopbackPeers(peers, client)) return peers
  const address =
    serverAddress !== undefined && isIPv4(serverAddress) ? addressBytes(serverAddress) : undefined
  if (address === undefined || isLoopback(address)) return peers.filter(peer => !isLoopbackPeer(peer))
  return peers.map(peer => (isLoopbackPeer(peer) ? address + peer.slice(IPV4_BYTES) : peer))
}

/** The local address from which the system would send to `client`; undefined when it has no route. */
export async function localAddressToward(client: string): Promise<string | undefined> {
  // A socket of both families has IPv4 clients as `::ffff:1.2.3.4`.
  const host = client.replace(/^::ffff:(?=\d+\.)/i, '')
  const socket = createSocket(isIPv4(host) ? 'udp4' : 'udp6')
  try {
    socket.connect(ANY_PORT, host)
    await once(socket, 'connect')
    return socket.address().address
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

const isLoopbackPeer = (peer: string): boolean => peer.startsWith(LOOPBACK)
