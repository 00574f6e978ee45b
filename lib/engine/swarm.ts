import { AppError, type ErrorCode, toAppError } from '../base/errors.ts'
import { TokenBucket, TokenBuckets } from '../base/token-bucket.ts'
import { NOT_TRACKED } from '../protocol/announce.ts'
import { type PieceSource, type PieceStore, pieceSize } from '../storage/piece-store.ts'
import type { InfoHash, PeerId } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { hasPiece } from '../torrent/piece-map.ts'
import { readContent } from './content-reader.ts'
import { Holdings, piecesOfFiles } from './held-pieces.ts'
import { RoomWatch } from './room-watch.ts'
import { Blame } from './schedule/ban-list.ts'
import type { PieceOrigin } from './schedule/scheduler.ts'
import { Transfer } from './transfer.ts'
import { NO_LIMITS, type RateLimits, type SwarmSnapshot } from './view/snapshot.ts'
import { Portrait } from './view/snapshot-builder.ts'
import type { WebSeedUse } from './web-seed-policy.ts'
import type { Client, Wire } from './webtorrent.ts'

/** The limits of all shares of this tab together. */
interface SharedLimits {
  readonly download: TokenBucket
  readonly upload: TokenBucket
}

interface SwarmOptions {
  readonly metainfo: Metainfo
  /** Where the pieces are. A `PieceStore` makes this a download, which starts from what the store has. */
  readonly store: PieceSource | PieceStore
  readonly announce: readonly string[]
  readonly webSeeds: readonly string[]
  readonly webSeedUse: WebSeedUse
  readonly uploads: boolean
  readonly sharedLimits: SharedLimits
  readonly maxPeers: number | undefined
  /** Called whenever the next snapshot would differ. */
  readonly onChange: () => void
  /** There may be room on the disk again: start anew. */
  readonly onRetry: () => void
}

/**
 * One swarm this tab is in: its torrent while it runs, and what outlives a pause (verified pieces, totals,
 * the wish list of files). Turns all of that into snapshots.
 */
export class Swarm {
  readonly infoHash: InfoHash
  readonly metainfo: Metainfo
  readonly role: 'publisher' | 'reader'
  readonly #options: SwarmOptions
  readonly #store: PieceSource | PieceStore
  readonly #holdings: Holdings
  readonly #blame = new Blame()
  readonly #portrait = new Portrait()
  readonly #download = new TokenBucket()
  readonly #upload = new TokenBucket()
  readonly #ended = new AbortController()
  readonly #readings = new Set<{ readonly at: () => number; readonly end: number; calm: () => void }>()
  #selected: ReadonlySet<number>
  #transfer: Transfer | null = null
  #paused = false
  #limits = NO_LIMITS
  #uploads: boolean
  #saved = false
  #error: { code: ErrorCode; detail: string } | null = null
  #problem: { code: ErrorCode; detail: string } | null = null
  readonly #roomWatch = new RoomWatch()
  #peerId = '' as PeerId
  #uploadedBefore = 0
  readonly #received = { peers: 0, webSeed: 0 }
  #snapshot: SwarmSnapshot | null = null

  constructor(options: SwarmOptions, selected: readonly number[]) {
    const { metainfo, store } = options
    this.infoHash = metainfo.infoHash
    this.metainfo = metainfo
    this.role = 'write' in store ? 'reader' : 'publisher'
    this.#options = options
    this.#store = store
    this.#holdings = new Holdings(metainfo)
    this.#selected = new Set(selected)
    this.#uploads = options.uploads
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      if (!('have' in store) || hasPiece(store.have, piece)) this.#holdings.add(piece)
    }
  }

  /** True while the next snapshot will differ even if no event comes: bytes move, or a count is put off. */
  get busy(): boolean {
    if (this.#portrait.recountDue) return true
    if (this.#transfer?.webSeeds?.active) return true
    return this.#transfer?.wires.some(wire => wire.downloadSpeed() > 0 || wire.uploadSpeed() > 0) ?? false
  }

  /** By the person. Unlike the snapshot, which may be a quarter of a second old, this is how it stands now. */
  get paused(): boolean {
    return this.#paused
  }

  /** False: nothing is given to others. */
  get uploads(): boolean {
    return this.#uploads
  }

  /** True when it can be completed by HTTP. */
  get hasWebSeeds(): boolean {
    return this.#options.webSeeds.length > 0 && this.#options.webSeedUse !== 'never'
  }

  /** False when peers are not to be asked at all. */
  get wantsPeers(): boolean {
    return this.#options.webSeedUse !== 'only'
  }

  /** Join the swarm; without a client, fetch from web seeds alone. Does nothing when it runs already or has failed. */
  start(client: Client | null): void {
    if (this.#transfer || this.#error) return
    this.#paused = false
    this.#problem = null
    this.#roomWatch.stop()
    // Who has everything and gives nothing has no business with the others.
    if (!this.#uploads && this.#holdings.complete) {
      this.#changed()
      return
    }
    this.#peerId = (client?.peerId ?? '') as PeerId
    const { announce, maxPeers, metainfo, sharedLimits, store, webSeeds, webSeedUse } = this.#options
    const changed = () => this.#changed()
    const transfer = new Transfer({
      client,
      metainfo,
      store,
      announce,
      webSeeds,
      webSeedUse,
      uploads: this.#uploads,
      maxPeers,
      have: this.#holdings.pieces,
      hasPiece: piece => this.#holdings.has(piece),
      blame: this.#blame,
      downloadLimit: new TokenBuckets(this.#download, sharedLimits.download),
      uploadLimit: new TokenBuckets(this.#upload, sharedLimits.upload),
      onPiece: (piece, from) => this.#takePiece(piece, from),
      onPeer: wire => this.#watchPeer(wire),
      onStoreError: reason => this.#heedStore(toAppError(reason)),
      onChange: changed,
    })
    this.#transfer = transfer
    transfer.torrent?.on('ready', changed)
    transfer.torrent?.on('warning', warning => this.#heed(warning))
    transfer.torrent?.on('trackerAnnounce', changed)
    transfer.torrent?.on('error', reason => this.fail(reason))
    transfer.want(piecesOfFiles(metainfo, this.#selected))
    for (const reading of this.#readings) reading.calm = transfer.hurry(reading.at, reading.end)
    this.#changed()
  }

  /** This computer woke up or came to another network. */
  wake(networkChanged: boolean): void {
    this.#transfer?.wake(networkChanged)
  }

  /** Leave the swarm but keep what is here; `start` goes on from it. */
  async pause(): Promise<void> {
    this.#paused = true
    this.#problem = null
    this.#roomWatch.stop()
    await this.#stop()
    this.#changed()
  }

  /** Leave the swarm and close the store; its bytes stay. */
  async leave(): Promise<void> {
    await this.#end()
    await this.#store.close()
  }

  /** Leave the swarm and let go of the bytes. */
  async remove(): Promise<void> {
    await this.#end()
    if ('destroy' in this.#store) await this.#store.destroy()
    else await this.#store.close()
  }

  /** Stop for good and say why. */
  fail(reason: unknown): void {
    if (this.#error) return
    const { code, detail } = toAppError(reason)
    this.#error = { code, detail }
    // Another tab may try again with the same files.
    void this.#end()
      .then(
        () => this.#store.close(),
        () => this.#store.close(),
      )
      .catch(() => undefined)
    this.#changed()
  }

  select(selected: readonly number[]): void {
    this.#selected = new Set(selected)
    if ('select' in this.#store)
      void this.#store.select(selected).catch(reason => this.#heedStore(toAppError(reason)))
    this.#transfer?.want(piecesOfFiles(this.metainfo, this.#selected))
    this.#changed()
  }

  /** The verified bytes of a complete file of a download, by reference. Errors: `storage_failed`. */
  async file(index: number): Promise<Blob> {
    const file = this.metainfo.files[index]
    if (!file || !('file' in this.#store) || this.#holdings.fileBytes[index] !== file.length) {
      throw new AppError('storage_failed', `file ${index} is not complete`)
    }
    return this.#store.file(index)
  }

  /** Bytes [start, end) of the content as they arrive. */
  read(start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const swarm = {
      pieceLength: this.metainfo.pieceLength,
      arrival: (index: number, signal: AbortSignal) => {
        // Who reads on wants more fetched ahead.
        this.#transfer?.fill()
        return this.#holdings.arrival(index, AbortSignal.any([signal, this.#ended.signal]))
      },
      read: (index: number, offset: number, length: number) => this.#store.read(index, offset, length),
      passed: (index: number) => this.#release(index),
      hurry: (at: () => number) => this.#hurry(at, end),
    }
    return readContent(swarm, start, Math.min(end, this.metainfo.length))
  }

  /** Most bytes a second of this share, each way. */
  setLimits(limits: RateLimits): void {
    this.#limits = limits
    this.#download.setRate(limits.download)
    this.#upload.setRate(limits.upload)
    this.limitsChanged()
    this.#changed()
  }

  /** Holds from the next `start` on. */
  setUploads(uploads: boolean): void {
    this.#uploads = uploads
    this.#changed()
  }

  /** The limits of all shares together are others now. */
  limitsChanged(): void {
    this.#transfer?.limitsChanged()
  }

  /** The person has what they came for outside this tab. */
  markSaved(): void {
    this.#saved = true
    this.#changed()
  }

  /** The current picture; the same object until something changes. */
  snapshot(now: number): SwarmSnapshot {
    this.#snapshot ??= this.#portrait.take(
      {
        metainfo: this.metainfo,
        role: this.role,
        holdings: this.#holdings,
        selected: this.#selected,
        transfer: this.#transfer,
        peerId: this.#peerId,
        error: this.#error,
        problem: this.#problem,
        paused: this.#paused,
        saved: this.#saved,
        keptIn: 'kind' in this.#store ? this.#store.kind : 'files',
        limits: this.#limits,
        uploads: this.#uploads,
        uploadedBefore: this.#uploadedBefore,
        fromPeers: this.#received.peers,
        fromWebSeeds: this.#received.webSeed,
      },
      now,
    )
    return this.#snapshot
  }

  /** Throw the picture away so that the next one is taken anew. */
  invalidate(): void {
    this.#snapshot = null
  }

  #changed(): void {
    this.#options.onChange()
  }

  #takePiece(piece: number, from: PieceOrigin): void {
    this.#holdings.add(piece)
    this.#received[from] += pieceSize(this.metainfo, piece)
    // Also one that was written while the swarm was left and joined again.
    this.#transfer?.announce(piece, this.#holdings.complete)
    if (!this.#uploads && this.#holdings.complete) void this.#stop()
    this.#changed()
  }

  #hurry(at: () => number, end: number): () => void {
    const reading = { at, end, calm: this.#transfer?.hurry(at, end) ?? (() => {}) }
    this.#readings.add(reading)
    return () => {
      this.#readings.delete(reading)
      reading.calm()
    }
  }

  #release(piece: number): void {
    if (!('release' in this.#store) || !this.#store.release) return
    for (const released of this.#store.release(piece)) this.#holdings.passOn(released)
  }

  /** A full disk ends by itself or by the person's doing; anything else is the end of this download. */
  #heedStore(reason: AppError): void {
    if (reason.code !== 'storage_full') {
      this.fail(reason)
      return
    }
    if (this.#problem || this.#error) return
    this.#problem = { code: reason.code, detail: reason.detail }
    void this.#stop()
    this.#roomWatch.start(this.metainfo.pieceLength, () => this.#options.onRetry())
    this.#changed()
  }

  /** Stop for good: whoever reads hears of it. */
  async #end(): Promise<void> {
    this.#ended.abort()
    this.#roomWatch.stop()
    await this.#stop()
  }

  async #stop(): Promise<void> {
    const transfer = this.#transfer
    this.#transfer = null
    await transfer?.stop()
  }

  /** A tracker that no longer knows the share will bring nobody any more; who is connected may still finish. */
  #heed(warning: Error): void {
    const alone = this.role === 'publisher' || this.#transfer?.wires.length === 0
    if (warning.message === NOT_TRACKED && alone) this.fail(new AppError('share_not_found'))
    else this.#changed()
  }

  #watchPeer(wire: Wire): void {
    const changed = () => this.#changed()
    wire.on('have', changed)
    wire.on('bitfield', changed)
    wire.on('have-all', changed)
    wire.once('close', () => {
      this.#uploadedBefore += wire.uploaded
      this.#changed()
    })
    this.#changed()
  }
}
