import type webtorrent from 'webtorrent'

/** webtorrent's own types, as far as the engine uses them; `webtorrent.ts` alone imports its code. */
export type { ChunkStore, ParsedTorrent, Peer, StreamSocket, Torrent, Wire } from 'webtorrent'
export type WebTorrent = webtorrent
