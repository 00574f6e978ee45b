import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { EngineSnapshot, SwarmSnapshot } from './snapshot.ts'

/** Where the swarm of a share is announced and how peers are reached. */
export interface SwarmNetwork {
  /** WebSocket announce URLs (ws: or wss:). */
  readonly trackers: readonly string[]
  readonly iceServers: readonly RTCIceServer[]
}

/**
 * The only owner of a webtorrent client: publishes, joins and leaves swarms, and tells what they do.
 * One per tab, outside React. The client is created at the first `publish` or `join`, not before.
 */
export interface SwarmEngine {
  /** Seed `files` (in metainfo order) under `metainfo`; they must have been hashed just now. Idempotent. */
  publish(metainfo: Metainfo, files: readonly Blob[], network: SwarmNetwork): Promise<void>
  /** Download the files at `selected` (indexes, metainfo order), and give to others what we have. Idempotent. */
  join(metainfo: Metainfo, selected: readonly number[], network: SwarmNetwork): Promise<void>
  /** Change which files of a joined swarm are wanted. Bytes already here are kept. */
  select(infoHash: InfoHash, selected: readonly number[]): void
  /** Drop all connections and stop announcing, keep what is here. */
  pause(infoHash: InfoHash): Promise<void>
  resume(infoHash: InfoHash): Promise<void>
  /** Leave the swarm and forget its bytes. */
  leave(infoHash: InfoHash): Promise<void>
  /** The verified bytes of a complete file, without copying them. Errors: `storage_failed` when incomplete. */
  file(infoHash: InfoHash, index: number): Blob
  /** Called with no argument whenever `getSnapshot()` would return something new; returns the unsubscribe. */
  subscribe(listener: () => void): () => void
  /** Cached: the same object until something changes. */
  getSnapshot(): EngineSnapshot
  getSwarm(infoHash: InfoHash): SwarmSnapshot | undefined
}
