import type { ErrorCode } from '../../base/errors.ts'
import type { PeerId } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { pieceCells } from '../../torrent/piece-map.ts'
import type { Holdings } from '../held-pieces.ts'
import type { Transfer } from '../transfer.ts'
import type { Wire } from '../webtorrent.ts'
import { type Availability, countAvailability, peerSnapshot } from './peers.ts'
import type { RateLimits, SwarmSnapshot, SwarmState } from './snapshot.ts'

/** Counting availability walks every piece of every partial peer: once a second is enough for a person. */
const AVAILABILITY_INTERVAL_MS = 1000

/** Weight of the newest sample in the rate that time left is told from: about the last five seconds count. */
const SMOOTHING = 0.05

/** What a snapshot is taken of. */
interface Sitter {
  readonly metainfo: Metainfo
  readonly role: SwarmSnapshot['role']
  readonly holdings: Holdings
  readonly selected: ReadonlySet<number>
  /** Null while the swarm does not run. */
  readonly transfer: Transfer | null
  readonly peerId: PeerId
  readonly error: { readonly code: ErrorCode; readonly detail: string } | null
  readonly problem: { readonly code: ErrorCode; readonly detail: string } | null
  readonly paused: boolean
  readonly saved: boolean
  readonly keptIn: SwarmSnapshot['keptIn']
  readonly limits: RateLimits
  readonly uploads: boolean
  /** Bytes sent to peers that are gone. */
  readonly uploadedBefore: number
  /** Bytes of verified pieces, by where they came from. */
  readonly fromPeers: number
  readonly fromWebSeeds: number
}

/** Takes the snapshots of one swarm, and keeps what they need to know of the ones before. */
export class Portrait {
  #smoothedRate = 0
  #availability: Availability = { copies: 0, progress: new Map() }
  #countedAt = Number.NEGATIVE_INFINITY
  #recountDue = false

  /** True when the last snapshot shows an older count: the next one will differ even if nothing happens. */
  get recountDue(): boolean {
    return this.#recountDue
  }

  /** `now` in milliseconds of a clock that never goes back. */
  take(sitter: Sitter, now: number): SwarmSnapshot {
    const { holdings, metainfo, selected, transfer } = sitter
    const { files, infoHash, pieceCount } = metainfo
    const { fileBytes, pieces } = holdings
    const wires = transfer?.wires ?? []
    let length = 0
    let downloaded = 0
    for (const index of selected) {
      length += files[index]?.length ?? 0
      downloaded += fileBytes[index] ?? 0
    }
    const webSeeds = transfer?.webSeeds?.snapshots(now) ?? []
    const sending = webSeeds.filter(({ state }) => state === 'active')
    const state = stateOf(sitter, downloaded === length, wires.length + sending.length)
    const { copies, progress } = this.#countAvailability(wires, pieceCount, now)
    // The torrent's own rates count protocol messages too; a person means the bytes of the files.
    const downloadRate =
      wires.reduce((sum, wire) => sum + wire.downloadSpeed(), 0) +
      sending.reduce((sum, seed) => sum + seed.downloadRate, 0)
    this.#smoothedRate += (downloadRate - this.#smoothedRate) * (this.#smoothedRate === 0 ? 1 : SMOOTHING)
    return {
      infoHash,
      peerId: sitter.peerId,
      role: sitter.role,
      state,
      error: sitter.error,
      problem: sitter.problem,
      length,
      downloaded,
      saved: sitter.saved,
      keptIn: sitter.keptIn,
      limits: sitter.limits,
      uploads: sitter.uploads,
      uploaded: sitter.uploadedBefore + wires.reduce((sum, wire) => sum + wire.uploaded, 0),
      downloadRate: state === 'downloading' ? downloadRate : 0,
      uploadRate: wires.reduce((sum, wire) => sum + wire.uploadSpeed(), 0),
      timeLeft: this.#timeLeft(state, length - downloaded),
      peers: wires.map(wire => peerSnapshot(wire, transfer?.via(wire) ?? 'tcp', progress.get(wire) ?? 0)),
      webSeeds,
      fromPeers: sitter.fromPeers,
      fromWebSeeds: sitter.fromWebSeeds,
      copies,
      files: files.map((_, index) => ({
        index,
        downloaded: fileBytes[index] ?? 0,
        selected: selected.has(index),
      })),
      pieceMap: pieceCells(pieceCount, pieces, piece => transfer?.isActive(piece) ?? false),
      tracker: transfer?.tracker ?? 'connecting',
      unreached: transfer?.unreached ?? 0,
      relay: transfer?.hasRelay ?? false,
    }
  }

  #timeLeft(state: SwarmState, remaining: number): number | null {
    if (remaining === 0) return 0
    // Below a block a second the rest of the sum is noise.
    return state === 'downloading' && this.#smoothedRate > 16_384 ? remaining / this.#smoothedRate : null
  }

  #countAvailability(wires: readonly Wire[], pieceCount: number, now: number): Availability {
    this.#recountDue = now - this.#countedAt < AVAILABILITY_INTERVAL_MS
    if (!this.#recountDue) {
      this.#availability = countAvailability(wires, pieceCount)
      this.#countedAt = now
    }
    return this.#availability
  }
}

function stateOf(
  { error, paused, problem, role, selected }: Sitter,
  complete: boolean,
  sources: number,
): SwarmState {
  if (error) return 'error'
  if (paused || problem) return 'paused'
  if (role === 'publisher') return 'seeding'
  // With nothing chosen there is nothing to be done with: somebody only plays.
  if (complete && selected.size > 0) return 'done'
  return sources === 0 ? 'waiting' : 'downloading'
}
