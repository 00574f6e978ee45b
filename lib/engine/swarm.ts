import { AppError, toAppError } from '../base/errors.ts'
import { pieceSize } from '../storage/piece-store.ts'
import type { InfoHash, PeerId } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { Client } from './client.ts'
import type { NotTracked } from './connect/trackers/tracker-fault.ts'
import { Content } from './content.ts'
import { HeldPieces, piecesOfFiles } from './held-pieces.ts'
import { type RateLimiter, ShareLimiter } from './rate-limiter.ts'
import { RoomWatch } from './room-watch.ts'
import { BanList } from './schedule/ban-list.ts'
import type { PieceOrigin } from './schedule/scheduler.ts'
import type { Side } from './side.ts'
import { type JoinOptions, Transfer } from './transfer.ts'
import { NO_LIMITS, type RateLimits, type SwarmSnapshot } from './view/snapshot.ts'
import { SnapshotBuilder, type SwarmFacts } from './view/snapshot-builder.ts'

interface SwarmOptions extends JoinOptions {
  readonly uploads: boolean
  /** The limits of all shares together. */
  readonly sharedLimiter: RateLimiter
  /** Whether peers of public shares are also found by DHT. */
  readonly dht: boolean
  /** Called whenever the next snapshot would differ. */
  readonly onChange: () => void
  /** The first piece is here, or all are: shown at once. */
  readonly onMilestone: () => void
  /** The disk was full and may have room again: start again. */
  readonly onRetry: () => void
}

/**
 * One swarm this tab takes part in: its `Transfer` while it runs, and what outlives a pause (verified pieces, totals, the
 * selected files).
 */
export class Swarm {
  readonly infoHash: InfoHash
  readonly metainfo: Metainfo
  readonly role: Side['role']
  /** Its bytes, as files and streams. */
  readonly content: Content
  readonly #options: SwarmOptions
  readonly #side: Side
  readonly #held: HeldPieces
  readonly #facts: SwarmFacts
  readonly #banList = new BanList()
  readonly #snapshots = new SnapshotBuilder()
  readonly #limiter: ShareLimiter
  readonly #roomWatch = new RoomWatch()
  #transfer: Transfer | null = null
  #snapshot: SwarmSnapshot | null = null

  constructor(options: SwarmOptions, selected: readonly number[]) {
    const { metainfo, side, uploads } = options
    this.infoHash = metainfo.infoHash
    this.metainfo = metainfo
    this.role = side.role
    this.#options = options
    this.#side = side
    this.#limiter = new ShareLimiter(options.sharedLimiter)
    if (side.role === 'reader') side.store.onDamaged = pieces => this.#onDamaged(pieces)
    this.#held = new HeldPieces(metainfo, side.role === 'reader' ? side.store.have : 'all')
    this.content = new Content({
      metainfo,
      side,
      held: this.#held,
      onPositionsChanged: () => this.#transfer?.readPositionsChanged(),
      onAdvance: () => this.#transfer?.fill(),
    })
    this.#facts = {
      metainfo,
      role: side.role,
      keptIn: side.role === 'reader' ? side.store.kind : 'files',
      held: this.#held,
      selected: new Set(selected),
      peerId: '' as PeerId,
      error: null,
      problem: null,
      paused: false,
      saved: false,
      limits: NO_LIMITS,
      uploads,
      uploadedBefore: 0,
      received: { peers: 0, webSeed: 0 },
    }
  }

  /** True while the next snapshot will differ even without an event: bytes move, or a count is due. */
  get busy(): boolean {
    if (this.#snapshots.recountDue || this.#transfer?.webSeeds?.active) return true
    return this.#transfer?.wires.some(wire => wire.downloadSpeed() > 0 || wire.uploadSpeed() > 0) ?? false
  }

  /** By the person. Up to date, unlike the snapshot, which may be half a second old. */
  get paused(): boolean {
    return this.#facts.paused
  }

  /** False: nothing is given to others. */
  get uploads(): boolean {
    return this.#facts.uploads
  }

  /** True when it can be completed by HTTP. */
  get hasWebSeeds(): boolean {
    return this.#options.webSeeds.length > 0 && this.#options.webSeedUse !== 'never'
  }

  /** False when peers are never used. */
  get wantsPeers(): boolean {
    return this.#options.webSeedUse !== 'only'
  }

  /** Join the swarm; without a client, fetch from web seeds alone. Does nothing when it already runs or has failed. */
  start(client: Client | null): void {
    if (this.#transfer || this.#facts.error) return
    this.#facts.paused = false
    this.#facts.problem = null
    this.#roomWatch.stop()
    // A complete download with uploads off has nothing to do in the swarm.
    if (!this.uploads && this.#held.complete) {
      this.#changed()
      return
    }
    this.#facts.peerId = (client?.webtorrent.peerId ?? '') as PeerId
    const transfer = new Transfer({
      ...this.#options,
      client,
      uploads: this.uploads,
      held: this.#held,
      readPositions: this.content.positions,
      banList: this.#banList,
      limiter: this.#limiter,
      onPiece: (piece, from) => this.#onPiece(piece, from),
      onDoubt: piece => this.#doubt(piece),
      onPeerClosed: wire => {
        this.#facts.uploadedBefore += wire.uploaded
      },
      onStoreError: reason => this.#onStoreError(toAppError(reason)),
      onNotTracked: why => this.#onNotTracked(why),
      onError: reason => this.fail(reason),
      onChange: () => this.#changed(),
    })
    this.#transfer = transfer
    transfer.want(piecesOfFiles(this.metainfo, this.#facts.selected))
    this.#changed()
  }

  /** See `SwarmEngine.wake`. */
  wake(options: { readonly networkChanged: boolean }): void {
    this.#transfer?.wake(options)
  }

  /** Leave the swarm but keep the pieces; `start` continues from them. */
  async pause(): Promise<void> {
    this.#facts.paused = true
    this.#facts.problem = null
    this.#roomWatch.stop()
    await this.#stop()
    this.#changed()
  }

  /** Leave the swarm and close the store; its bytes stay. */
  async leave(): Promise<void> {
    await this.#end()
    await this.#side.store.close()
  }

  /** Leave the swarm and delete the bytes of a download; a publisher's own files stay. */
  async remove(): Promise<void> {
    await this.#end()
    await (this.#side.role === 'reader' ? this.#side.store.destroy() : this.#side.store.close())
  }

  /** Stop permanently, with the reason in the snapshot. */
  fail(reason: unknown): void {
    if (this.#facts.error) return
    const { code, detail } = toAppError(reason)
    this.#facts.error = { code, detail }
    // Closed, so that another tab can try again with the same files.
    const close = () => this.#side.store.close()
    this.#end()
      .then(close, close)
      .catch(() => undefined)
    this.#changed()
  }

  select(selected: readonly number[]): void {
    this.#facts.selected = new Set(selected)
    if (this.#side.role === 'reader') {
      this.#side.store.select(selected).catch(reason => this.#onStoreError(toAppError(reason)))
    }
    this.#transfer?.want(piecesOfFiles(this.metainfo, this.#facts.selected))
    this.#changed()
  }

  /** Limit the rates of this share. */
  setLimits(limits: RateLimits): void {
    this.#facts.limits = limits
    this.#limiter.set(limits)
    this.limitsChanged()
    this.#changed()
  }

  /** Takes effect with the next `start`. */
  setUploads(uploads: boolean): void {
    this.#facts.uploads = uploads
    this.#changed()
  }

  /** Call after the shared limits change; wakes waiting requests. */
  limitsChanged(): void {
    this.#transfer?.limitsChanged()
  }

  /** The person has saved something of it outside this tab. */
  markSaved(): void {
    this.#facts.saved = true
    this.#changed()
  }

  /** The current snapshot; the same object until `invalidate`. */
  snapshot(now: number): SwarmSnapshot {
    this.#snapshot ??= this.#snapshots.build(this.#facts, this.#transfer, now)
    return this.#snapshot
  }

  /** Drop the snapshot, so that the next one is built again. */
  invalidate(): void {
    this.#snapshot = null
  }

  #changed(): void {
    this.#options.onChange()
  }

  #onPiece(piece: number, from: PieceOrigin): void {
    this.#held.add(piece)
    const { peers, webSeed } = this.#facts.received
    this.#facts.received[from] += pieceSize(this.metainfo, piece)
    // By the current transfer: the piece may have been written while the swarm was left and joined again.
    this.#transfer?.announce(piece)
    if (!this.uploads && this.#held.complete) this.#stopNow()
    this.#changed()
    if (peers + webSeed === 0 || this.#held.complete) this.#options.onMilestone()
  }

  /** Somebody asks again for a piece that was sent: it may have failed its hash there. */
  #doubt(piece: number): void {
    this.content.verify(piece).catch(reason => this.#onStoreError(toAppError(reason)))
  }

  #onDamaged(pieces: readonly number[]): void {
    for (const piece of pieces) this.#held.lose(piece)
    this.#transfer?.lost(pieces)
    this.#changed()
  }

  /** A full disk may get room again; any other failure ends this download. */
  #onStoreError(reason: AppError): void {
    if (reason.code !== 'storage_full') {
      this.fail(reason)
      return
    }
    if (this.#facts.problem || this.#facts.error) return
    this.#facts.problem = { code: reason.code, detail: reason.detail }
    this.#stopNow()
    this.#roomWatch.start(this.metainfo.pieceLength, () => this.#options.onRetry())
    this.#changed()
  }

  /** Stop permanently; open streams end with `cancelled`. */
  async #end(): Promise<void> {
    this.content.close()
    this.#roomWatch.stop()
    await this.#stop()
  }

  #stopNow(): void {
    this.#stop().catch(reason => this.fail(reason))
  }

  async #stop(): Promise<void> {
    const transfer = this.#transfer
    this.#transfer = null
    await transfer?.stop()
  }

  /**
   * No tracker brings new peers any more: the end, unless the share can still come, or go, another way. What is blocked goes on
   * with peers alone that somebody named.
   */
  #onNotTracked(why: NotTracked): void {
    const { dht, peers } = this.#options
    const isReader = this.role === 'reader'
    const hasPeers = peers.length > 0 || (dht && !this.metainfo.private)
    const mayGoOn = isReader && why !== 'share_blocked'
    const isConnected = mayGoOn && this.#transfer?.wires.length !== 0
    if (hasPeers || isConnected || (mayGoOn && this.#transfer?.webSeeds?.isHopeful)) this.#changed()
    else this.fail(new AppError(why))
  }
}
