import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { addressBytes } from '../../base/address.ts'

const LOOPBACK = '\x7f'
const IPV4_BYTES = 4
/** Where to is of no matter: nothing is sent. */
const ANY_PORT = 9

/**
 * Whether `peers` (compact, IPv4) has peers of this machine, as our own seeder, that announced from a loopback address,
 * where a client at `client` (bytes) would find itself.
 */
export function hasOwnPeers(peers: readonly string[], client: string): boolean {
  return !isLoopback(client) && peers.some(isLoopbackPeer)
}

/** `peers` as others are told of them: those of this machine at `own`, where it is reached, or left out if that is not known. */
export function withOwnAddress(
  peers: readonly string[],
  client: string,
  own: string | undefined,
): readonly string[] {
  if (!hasOwnPeers(peers, client)) return peers
  const told = own !== undefined && isIPv4(own) ? addressBytes(own) : undefined
  if (told === undefined || isLoopback(told)) return peers.filter(peer => !isLoopbackPeer(peer))
  return peers.map(peer => (isLoopbackPeer(peer) ? told + peer.slice(IPV4_BYTES) : peer))
}

/** The address this machine has on its way to `client`, as the system routes it; undefined where no way leads there. */
export async function addressToward(client: string): Promise<string | undefined> {
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

const isLoopback = (address: string): boolean =>
  address === IPV6_LOOPBACK || (address.length === IPV4_BYTES && address.startsWith(LOOPBACK))

const IPV6_LOOPBACK = `${'\0'.repeat(15)}\x01`
