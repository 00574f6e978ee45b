import type WebTorrent from 'webtorrent'

/** webtorrent's own types, as far as the engine uses them; `webtorrent.ts` alone imports its code. */
export type {
  AnnounceOptions,
  ChunkStore,
  Connection,
  ParsedTorrent,
  Peer,
  Torrent,
  TrackerClient,
  TrackerPeer,
  TrackerReply,
  TrackerSocket,
  Wire,
} from 'webtorrent'
export type Client = WebTorrent
