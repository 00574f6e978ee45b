import { AppError, type ErrorCode, toAppError } from '../errors.ts'
import { NOT_TRACKED } from '../protocol/announce.ts'
import type { PieceSource, PieceStore } from '../storage/piece-store.ts'
import type { InfoHash, PeerId } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { encodeTorrent } from '../torrent/metainfo.ts'
import { hasPiece, pieceCells, piecesOf, setPiece } from '../torrent/piece-map.ts'
import { readContent } from './content-reader.ts'
import { type Availability, countAvailability, peerSnapshot } from './peers.ts'
import { NO_LIMITS, type RateLimits, type SwarmSnapshot, type SwarmState } from './snapshot.ts'
import { addTorrent, type Client, type Torrent, trackerState, type Wire } from './webtorrent.ts'

/** Counting availability walks every piece of every partial peer: once a second is enough for a person. */
const AVAILABILITY_INTERVAL_MS = 1000

/** Weight of the newest sample in the rate that time left is told from: about the last five seconds count. */
const SMOOTHING = 0.05

/** Blocks of 16 KiB one peer may be waiting for: 64 MiB, more than any honest peer asks for at once. */
const PEER_REQUESTS_MAX = 4096

interface SwarmOptions {
  readonly metainfo: Metainfo
  /** Where the pieces are. A `PieceStore` makes this a download, which starts from what the store has. */
  readonly store: PieceSource | PieceStore
  readonly announce: readonly string[]
  /** Called whenever the next snapshot would differ. */
  readonly onChange: () => void
}

/**
 * One swarm this tab is in: its torrent while it runs, and what outlives a pause (verified pieces, totals,
 * the wish list of files). Turns all of that into snapshots.
 */
export class Swarm {
  readonly infoHash: InfoHash
  readonly metainfo: Metainfo
  readonly role: 'publisher' | 'reader'
  readonly #store: PieceSource | PieceStore
  readonly #announce: readonly string[]
  readonly #onChange: () => void
  readonly #have: Uint8Array<ArrayBuffer>
  /** Verified bytes of each file. */
  readonly #fileBytes: Float64Array
  readonly #selected: Set<number>
  readonly #awaited = new Map<number, Set<() => void>>()
  #torrent: Torrent | null = null
  #paused = false
  #limits = NO_LIMITS
  #saved = false
  #error: { code: ErrorCode; detail: string } | null = null
  #peerId = '' as PeerId
  #uploadedBefore = 0
  #smoothedRate = 0
  #availability: Availability = { copies: 0, progress: new Map() }
  #countedAt = Number.NEGATIVE_INFINITY
  #recountDue = false
  #snapshot: SwarmSnapshot | null = null

  constructor({ metainfo, store, announce, onChange }: SwarmOptions, selected: readonly number[]) {
    this.infoHash = metainfo.infoHash
    this.metainfo = metainfo
    this.role = 'write' in store ? 'reader' : 'publisher'
    this.#store = store
    this.#announce = announce
    this.#onChange = onChange
    this.#have = new Uint8Array(Math.ceil(metainfo.pieceCount / 8))
    this.#fileBytes = new Float64Array(metainfo.files.length)
    this.#selected = new Set(selected)
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      if (!('have' in store) || hasPiece(store.have, piece)) this.#countPiece(piece)
    }
  }

  /** True while the next snapshot will differ even if no event comes: bytes move, or a count is put off. */
  get busy(): boolean {
    if (this.#recountDue) return true
    const { downloadSpeed = 0, uploadSpeed = 0 } = this.#torrent ?? {}
    return downloadSpeed > 0 || uploadSpeed > 0
  }

  /** Join the swarm. Does nothing when it runs already or has failed. */
  start(client: Client): void {
    if (this.#torrent || this.#error) return
    this.#paused = false
    this.#peerId = client.peerId as PeerId
    const torrent = addTorrent(
      client,
      encodeTorrent({ infoBytes: this.metainfo.infoBytes, announceList: [] }),
      {
        announce: this.#announce,
        store: this.#store,
        pieceLength: this.metainfo.pieceLength,
        have: this.role === 'publisher' ? 'all' : this.#have,
      },
    )
    this.#torrent = torrent
    const changed = () => this.#changed()
    torrent.on('ready', () => {
      this.#applySelection()
      this.#changed()
    })
    torrent.on('verified', piece => {
      this.#countPiece(piece)
      this.#changed()
    })
    torrent.on('wire', wire => this.#watchPeer(wire))
    torrent.on('download', changed)
    torrent.on('upload', changed)
    torrent.on('warning', warning => this.#heed(warning))
    torrent.on('trackerAnnounce', changed)
    torrent.on('error', reason => this.fail(reason))
    this.#changed()
  }

  /** Leave the swarm but keep what is here; `start` goes on from it. */
  async pause(): Promise<void> {
    this.#paused = true
    await this.#stop()
    this.#changed()
  }

  /** Leave the swarm and close the store; its bytes stay. */
  async leave(): Promise<void> {
    await this.#stop()
    await this.#store.close()
  }

  /** Leave the swarm and let go of the bytes. */
  async remove(): Promise<void> {
    await this.#stop()
    if ('destroy' in this.#store) await this.#store.destroy()
    else await this.#store.close()
  }

  /** Stop for good and say why. */
  fail(reason: unknown): void {
    if (this.#error) return
    const { code, detail } = toAppError(reason)
    this.#error = { code, detail }
    void this.#stop()
    this.#changed()
  }

  select(selected: readonly number[]): void {
    this.#selected.clear()
    for (const index of selected) this.#selected.add(index)
    this.#applySelection()
    this.#changed()
  }

  /** The verified bytes of a complete file of a download, by reference. Errors: `storage_failed`. */
  async file(index: number): Promise<Blob> {
    const file = this.metainfo.files[index]
    if (!file || !('file' in this.#store) || this.#fileBytes[index] !== file.length) {
      throw new AppError('storage_failed', `file ${index} is not complete`)
    }
    return this.#store.file(index)
  }

  /** Bytes [start, end) of the content as they arrive. */
  read(start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    return readContent(
      {
        pieceLength: this.metainfo.pieceLength,
        store: this.#store,
        arrival: (index, signal) => this.#arrival(index, signal),
        hurry: () => () => {},
      },
      start,
      Math.min(end, this.metainfo.length),
    )
  }

  setLimits(limits: RateLimits): void {
    this.#limits = limits
    this.#changed()
  }

  /** The person has what they came for outside this tab. */
  markSaved(): void {
    this.#saved = true
    this.#changed()
  }

  /** The current picture; the same object until something changes. */
  snapshot(now: number): SwarmSnapshot {
    this.#snapshot ??= this.#takeSnapshot(now)
    return this.#snapshot
  }

  /** Throw the picture away so that the next one is taken anew. */
  invalidate(): void {
    this.#snapshot = null
  }

  #changed(): void {
    this.#onChange()
  }

  #arrival(index: number, signal: AbortSignal): Promise<void> {
    if (hasPiece(this.#have, index)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const waiting = this.#awaited.get(index) ?? new Set()
      this.#awaited.set(index, waiting.add(resolve))
      signal.addEventListener('abort', () => {
        waiting.delete(resolve)
        reject(new AppError('cancelled'))
      })
    })
  }

  async #stop(): Promise<void> {
    const torrent = this.#torrent
    this.#torrent = null
    if (!torrent || torrent.destroyed) return
    await new Promise<void>(resolve => torrent.destroy({ destroyStore: false }, resolve))
  }

  /** A tracker that no longer knows the share will bring nobody any more; who is connected may still finish. */
  #heed(warning: Error): void {
    const alone = this.role === 'publisher' || this.#torrent?.wires.length === 0
    if (warning.message === NOT_TRACKED && alone) this.fail(new AppError('share_not_found'))
    else this.#changed()
  }

  #watchPeer(wire: Wire): void {
    const changed = () => this.#changed()
    wire.on('request', () => {
      if (wire.peerRequests.length > PEER_REQUESTS_MAX) wire.destroy()
    })
    wire.on('have', changed)
    wire.on('bitfield', changed)
    wire.on('have-all', changed)
    wire.once('close', () => {
      this.#uploadedBefore += wire.uploaded
      this.#changed()
    })
    this.#changed()
  }

  #countPiece(piece: number): void {
    if (hasPiece(this.#have, piece)) return
    setPiece(this.#have, piece)
    for (const arrived of this.#awaited.get(piece) ?? []) arrived()
    this.#awaited.delete(piece)
    const { files, length, pieceLength } = this.metainfo
    const start = piece * pieceLength
    const end = Math.min(start + pieceLength, length)
    for (let index = firstFileAfter(files, start); index < files.length; index++) {
      const file = files[index]
      if (!file || file.offset >= end) break
      const overlap = Math.min(end, file.offset + file.length) - Math.max(start, file.offset)
      this.#fileBytes[index] = (this.#fileBytes[index] ?? 0) + Math.max(0, overlap)
    }
  }

  #applySelection(): void {
    const torrent = this.#torrent
    if (!torrent?.ready || this.role === 'publisher') return
    torrent.deselect(0, this.metainfo.pieceCount - 1)
    for (const [first, last] of pieceRuns(this.metainfo, this.#selected)) torrent.select(first, last)
  }

  #state(downloaded: number, length: number, peerCount: number): SwarmState {
    if (this.#error) return 'error'
    if (this.#paused) return 'paused'
    if (this.role === 'publisher') return 'seeding'
    if (downloaded === length) return 'done'
    return peerCount === 0 ? 'waiting' : 'downloading'
  }

  #takeSnapshot(now: number): SwarmSnapshot {
    const torrent = this.#torrent
    const wires = torrent?.wires.filter(wire => !wire.destroyed) ?? []
    const { files, pieceCount } = this.metainfo
    let length = 0
    let downloaded = 0
    for (const index of this.#selected) {
      length += files[index]?.length ?? 0
      downloaded += this.#fileBytes[index] ?? 0
    }
    const state = this.#state(downloaded, length, wires.length)
    const { copies, progress } = this.#countAvailability(wires, now)
    // The torrent's own rates count protocol messages too; a person means the bytes of the files.
    const downloadRate = wires.reduce((sum, wire) => sum + wire.downloadSpeed(), 0)
    this.#smoothedRate += (downloadRate - this.#smoothedRate) * (this.#smoothedRate === 0 ? 1 : SMOOTHING)
    return {
      infoHash: this.infoHash,
      peerId: this.#peerId,
      role: this.role,
      state,
      error: this.#error,
      problem: null,
      length,
      downloaded,
      saved: this.#saved,
      keptIn: 'kind' in this.#store ? this.#store.kind : 'files',
      limits: this.#limits,
      uploaded: this.#uploadedBefore + wires.reduce((sum, wire) => sum + wire.uploaded, 0),
      downloadRate: state === 'downloading' ? downloadRate : 0,
      uploadRate: wires.reduce((sum, wire) => sum + wire.uploadSpeed(), 0),
      timeLeft: this.#timeLeft(state, length - downloaded),
      peers: wires.map(wire => peerSnapshot(wire, progress.get(wire) ?? 0)),
      copies,
      files: files.map((_, index) => ({
        index,
        downloaded: this.#fileBytes[index] ?? 0,
        selected: this.#selected.has(index),
      })),
      pieceMap: pieceCells(pieceCount, this.#have, piece => {
        const progress = torrent?.pieces[piece]
        return progress ? progress.missing < progress.length : false
      }),
      tracker: torrent ? trackerState(torrent) : 'connecting',
    }
  }

  #timeLeft(state: SwarmState, remaining: number): number | null {
    if (remaining === 0) return 0
    // Below a block a second the rest of the sum is noise.
    return state === 'downloading' && this.#smoothedRate > 16_384 ? remaining / this.#smoothedRate : null
  }

  #countAvailability(wires: readonly Wire[], now: number): Availability {
    this.#recountDue = now - this.#countedAt < AVAILABILITY_INTERVAL_MS
    if (!this.#recountDue) {
      this.#availability = countAvailability(wires, this.metainfo.pieceCount)
      this.#countedAt = now
    }
    return this.#availability
  }
}

/** Index of the first file that ends after byte `start`. */
function firstFileAfter(files: Metainfo['files'], start: number): number {
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >> 1
    const file = files[middle]
    if (file && file.offset + file.length <= start) low = middle + 1
    else high = middle
  }
  return low
}

/** The selected files as runs of pieces [first, last], merged where they touch. */
function pieceRuns({ files, pieceLength }: Metainfo, selected: ReadonlySet<number>): [number, number][] {
  const runs: [number, number][] = []
  for (const index of [...selected].sort((a, b) => a - b)) {
    const file = files[index]
    const pieces = file && piecesOf(file, pieceLength)
    if (!pieces) continue
    const run = runs.at(-1)
    if (run && pieces.first <= run[1] + 1) run[1] = Math.max(run[1], pieces.last)
    else runs.push([pieces.first, pieces.last])
  }
  return runs
}
