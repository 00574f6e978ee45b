import { isIPv4 } from 'node:net'
import { addressBytes, isLoopback } from '../../base/address.ts'

const PORT_BYTES = 2
const COMPACT_V4_BYTES = 6

/**
 * A compact peer as other nodes may hand it out: one that announced from a loopback address, as our own seeder does, with
 * `serverAddress`. Null when that is not known: elsewhere the loopback address would lead the client back to itself.
 */
export function shareable(compact: string, serverAddress: string | undefined): string | null {
  const bytes = compact.slice(0, -PORT_BYTES)
  if (!isLoopback(bytes)) return compact
  const isKnown = serverAddress !== undefined && isIPv4(serverAddress)
  const address = isKnown && compact.length === COMPACT_V4_BYTES ? addressBytes(serverAddress) : undefined
  return address === undefined || isLoopback(address) ? null : address + compact.slice(-PORT_BYTES)
}

/** Up to `count` distinct peers at random out of `here` and `others`; a peer that is in both as this node knows it. */
export function mergePeers(
  here: readonly string[],
  others: readonly string[],
  from: {
    readonly count: number
    readonly except: string | null
    readonly serverAddress: string | undefined
  },
): string[] {
  const peers = new Map<string, string>()
  for (const peer of here) peers.set(shareable(peer, from.serverAddress) ?? peer, peer)
  for (const peer of others) {
    // Nothing that another node may have written there leads a client to its own machine.
    if (!peers.has(peer) && shareable(peer, undefined) !== null) peers.set(peer, peer)
  }
  if (from.except !== null) peers.delete(from.except)
  const list = [...peers.values()]
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1))
    const kept = list[at] ?? ''
    list[at] = list[other] ?? ''
    list[other] = kept
  }
  return list.slice(0, from.count)
}
