import type { PeerId } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { pieceCells } from '../../torrent/piece-map.ts'
import type { HeldPieces } from '../held-pieces.ts'
import type { PieceOrigin } from '../schedule/scheduler.ts'
import type { Transfer } from '../transfer.ts'
import type { Wire } from '../webtorrent-types.ts'
import { type CopyCount, countCopies, peerSnapshot } from './peers.ts'
import type { RateLimits, SwarmSnapshot, SwarmState } from './snapshot.ts'

/** Counting copies walks every piece of every peer: once a second is enough for a person. */
const COUNT_INTERVAL_MS = 1000

/** Weight of the newest sample in the rate that `timeLeft` is computed from: about the last five seconds count. */
const SMOOTHING = 0.05

/** The state of a swarm that its snapshots show, apart from its transfer; changed in place. */
export interface SwarmFacts {
  readonly metainfo: Metainfo
  readonly role: SwarmSnapshot['role']
  readonly keptIn: SwarmSnapshot['keptIn']
  readonly held: HeldPieces
  selected: ReadonlySet<number>
  peerId: PeerId
  error: SwarmSnapshot['error']
  problem: SwarmSnapshot['problem']
  /** By the person. */
  paused: boolean
  saved: boolean
  limits: RateLimits
  uploads: boolean
  /** Bytes sent to peers that have gone. */
  uploadedBefore: number
  /** Bytes of verified pieces, by where they came from. */
  readonly received: Record<PieceOrigin, number>
}

/** Builds the snapshots of one swarm, with the rates and counts that need the earlier ones. */
export class SnapshotBuilder {
  #smoothedRate = 0
  #copies: CopyCount = { copies: 0, progress: new Map() }
  #countedAt = Number.NEGATIVE_INFINITY
  #recountDue = false

  /** True when the last snapshot has an older count: the next one will differ even if nothing happens. */
  get recountDue(): boolean {
    return this.#recountDue
  }

  /** `transfer`: null while the swarm does not run. `now` in milliseconds of a monotonic clock. */
  build(facts: SwarmFacts, transfer: Transfer | null, now: number): SwarmSnapshot {
    const { held, metainfo, received, selected } = facts
    const { files, infoHash, pieceCount } = metainfo
    const { bitfield, fileBytes } = held
    const wires = transfer?.wires ?? []
    let length = 0
    let downloaded = 0
    for (const index of selected) {
      length += files[index]?.length ?? 0
      downloaded += fileBytes[index] ?? 0
    }
    const webSeeds = transfer?.webSeeds?.snapshots(now) ?? []
    const sending = webSeeds.filter(({ state }) => state === 'active')
    const state = stateOf(facts, downloaded === length, wires.length + sending.length)
    const { copies, progress } = this.#countCopies(wires, pieceCount, now)
    // Not the torrent's own rates, which include protocol messages: people mean the bytes of the files.
    const downloadRate =
      wires.reduce((sum, wire) => sum + wire.downloadSpeed(), 0) +
      sending.reduce((sum, seed) => sum + seed.downloadRate, 0)
    this.#smoothedRate += (downloadRate - this.#smoothedRate) * (this.#smoothedRate === 0 ? 1 : SMOOTHING)
    return {
      infoHash,
      peerId: facts.peerId,
      role: facts.role,
      state,
      error: facts.error,
      problem: facts.problem,
      length,
      downloaded,
      saved: facts.saved,
      keptIn: facts.keptIn,
      limits: facts.limits,
      uploads: facts.uploads,
      uploaded: facts.uploadedBefore + wires.reduce((sum, wire) => sum + wire.uploaded, 0),
      downloadRate: state === 'downloading' ? downloadRate : 0,
      uploadRate: wires.reduce((sum, wire) => sum + wire.uploadSpeed(), 0),
      timeLeft: this.#timeLeft(state, length - downloaded),
      peers: wires.map(wire => peerSnapshot(wire, transfer?.via(wire) ?? 'tcp', progress.get(wire) ?? 0)),
      webSeeds,
      fromPeers: received.peers,
      fromWebSeeds: received.webSeed,
      copies,
      files: files.map((_, index) => ({
        index,
        downloaded: fileBytes[index] ?? 0,
        selected: selected.has(index),
      })),
      pieceMap: pieceCells(pieceCount, bitfield, piece => transfer?.isActive(piece) ?? false),
      tracker: transfer?.tracker ?? 'connecting',
      unreached: transfer?.unreached ?? 0,
      relay: transfer?.hasRelay ?? false,
    }
  }

  #timeLeft(state: SwarmState, remaining: number): number | null {
    if (remaining === 0) return 0
    // Below a block a second the estimate is noise.
    return state === 'downloading' && this.#smoothedRate > 16_384 ? remaining / this.#smoothedRate : null
  }

  #countCopies(wires: readonly Wire[], pieceCount: number, now: number): CopyCount {
    this.#recountDue = now - this.#countedAt < COUNT_INTERVAL_MS
    if (!this.#recountDue) {
      this.#copies = countCopies(wires, pieceCount)
      this.#countedAt = now
    }
    return this.#copies
  }
}

function stateOf(
  { error, paused, problem, role, selected }: SwarmFacts,
  complete: boolean,
  sources: number,
): SwarmState {
  if (error) return 'error'
  if (paused || problem) return 'paused'
  if (role === 'publisher') return 'seeding'
  // With no file selected the content is only played, and never done.
  if (complete && selected.size > 0) return 'done'
  return sources === 0 ? 'waiting' : 'downloading'
}
