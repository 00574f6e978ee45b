import type { Torrent } from '../webtorrent-types.ts'

/** How often a named peer that is not connected is called. */
const CALL_MS = 20_000

/** Calls peers by their addresses, again while the swarm runs: one may come up later, or be restarted. */
export function keepCalling(torrent: Torrent, peers: readonly string[]): void {
  if (peers.length === 0) return
  const call = () => {
    if (torrent.destroyed) {
      clearInterval(timer)
      return
    }
    // One that is here already is left as it is.
    for (const peer of peers) torrent.addPeer(peer, 'manual')
  }
  const timer = setInterval(call, CALL_MS)
  call()
}
