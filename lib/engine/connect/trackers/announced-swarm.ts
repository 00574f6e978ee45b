import type { InfoHash } from '../../../torrent/ids.ts'
import type { RtcConnection } from '../rtc-connection.ts'
import type { TrackerFault } from './tracker-fault.ts'

/** Bytes of a swarm, since the client joined it. */
export interface Progress {
  readonly uploaded: number
  readonly downloaded: number
  /** Still to download; 0: we are a seed. */
  readonly left: number
}

/** Peers of a swarm as a tracker counts them, this client included; null where it does not say. */
interface SwarmCounts {
  readonly complete: number | null
  readonly incomplete: number | null
}

/** A swarm of this client, for the trackers it is announced to. */
export interface AnnouncedSwarm {
  readonly infoHash: InfoHash
  /** This client's peer id, hex. */
  readonly peerId: string
  /** TCP port of this client, once it listens. */
  port(): number
  progress(): Progress
  /** A new connection, not connected yet; null: there are no more. */
  createConnection(side: { readonly initiator: boolean }): RtcConnection | null
  /** A connection to a peer that a tracker has named: `id` is set. False: it is not wanted, and closed. */
  addConnection(connection: RtcConnection): boolean
  /** The address of a peer that a tracker has named. */
  addAddress(address: string): void
  onCounts(counts: SwarmCounts): void
  onFault(fault: TrackerFault): void
}

/** A swarm's announces to one tracker. */
export interface SwarmTracker {
  readonly state: 'connecting' | 'connected' | 'unreachable'
  /** Join the swarm. */
  start(): void
  /** Ask for peers now. */
  announce(): void
  /** The network may have changed: see whether the tracker still answers. `findPeers`: ask for peers too. */
  wake(options: { readonly findPeers: boolean }): void
  /** Every piece has arrived (BEP 3 `completed`). */
  complete(): void
  /** Leave the swarm; resolves once that is on its way. */
  stop(): Promise<void>
}
