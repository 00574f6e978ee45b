import { AppError } from '../base/errors.ts'
import type { SwarmNetwork } from '../network/swarm-network.ts'
import { BlobStore, sourceOf } from '../storage/blob-store.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { Client, ClientOptions } from './client.ts'
import { RateLimiter } from './rate-limiter.ts'
import { SharedClient } from './shared-client.ts'
import type { Swarm } from './swarm.ts'
import type { EngineSnapshot, RateLimits, SwarmSnapshot } from './view/snapshot.ts'
import { SwarmWatch } from './view/swarm-watch.ts'

/**
 * The only owner of a webtorrent client: publishes, joins and leaves swarms, and reports their state. One per tab, outside
 * React. The client's code is loaded at the first `publish` or `join`, not before.
 */
export class SwarmEngine {
  readonly #swarms = new Map<InfoHash, Swarm>()
  readonly #sharedLimiter = new RateLimiter()
  readonly #watch = new SwarmWatch(this.#swarms)
  readonly #options: ClientOptions
  readonly #client: SharedClient
  /** What runs a swarm; null until it is loaded. */
  #code: typeof import('./swarm.ts') | null = null

  /** `options` are for Node; a tab has none. */
  constructor(options: ClientOptions = {}) {
    this.#options = options
    this.#client = new SharedClient(options, reason => {
      for (const swarm of this.#swarms.values()) swarm.fail(reason)
    })
  }

  /** Load the client's code, so that the first `publish` or `join` need not wait for it; false if it cannot be loaded now. Never rejects. */
  load(): Promise<boolean> {
    return Promise.all([this.loadSwarms(), this.#client.load()]).then(
      () => true,
      () => false,
    )
  }

  /**
   * Load what runs swarms. From then on `publish` and `join` add their swarm before they return their promise, so that a
   * command right after them reaches it. Errors: `server_unreachable`; the next call tries again.
   */
  async loadSwarms(): Promise<typeof import('./swarm.ts')> {
    try {
      this.#code = await import('./swarm.ts')
      return this.#code
    } catch (reason) {
      throw notLoaded(reason)
    }
  }

  /**
   * Seed `files` (in metainfo order) under `metainfo`. They are not hashed again: the caller has just verified them.
   * Of an encrypted share that its key has opened, they are the files inside, and encrypted when a peer asks for a block.
   * A share that this tab already seeds continues, and is resumed when it was paused.
   */
  async publish(metainfo: Metainfo, files: readonly Blob[], network: SwarmNetwork): Promise<void> {
    const { Swarm } = this.#code ?? (await this.loadSwarms())
    const present = this.#swarms.get(metainfo.infoHash)
    if (present?.role === 'publisher' && present.snapshot(performance.now()).state !== 'error') {
      await this.resume(metainfo.infoHash)
      return
    }
    if (present) await this.leave(metainfo.infoHash)
    const onUnreadable = () => swarm.fail(new AppError('file_changed'))
    const content = new Blob([...files])
    const source = metainfo.sealed?.seal(sourceOf(content)) ?? sourceOf(content)
    const store = new BlobStore(source, metainfo.pieceLength, onUnreadable)
    const swarm: Swarm = new Swarm(
      { metainfo, side: { role: 'publisher', store }, ...this.#hooks(() => swarm, network) },
      Array.from(metainfo.files.keys()),
    )
    await this.#add(swarm, network)
  }

  /**
   * Download the files at `selected` (indexes, metainfo order) into `store`, continuing from what it has, and upload to
   * others. For a swarm that this tab has joined already, changes the selection and closes `store`.
   */
  async join(
    metainfo: Metainfo,
    selected: readonly number[],
    network: SwarmNetwork,
    store: PieceStore,
  ): Promise<void> {
    const { Swarm } = this.#code ?? (await this.loadSwarms())
    const present = this.#swarms.get(metainfo.infoHash)
    if (present && present.snapshot(performance.now()).state !== 'error') {
      this.select(metainfo.infoHash, selected)
      await store.close()
      return
    }
    if (present) await this.leave(metainfo.infoHash)
    const swarm: Swarm = new Swarm(
      { metainfo, side: { role: 'reader', store }, ...this.#hooks(() => swarm, network) },
      selected,
    )
    await this.#add(swarm, network)
  }

  /**
   * The metainfo of a share from its peers (BEP 9), when only its info hash is known.
   * Errors: `cancelled` when `signal` aborts first; `metainfo_invalid` and others of `parseMetainfo`.
   */
  async fetchMetainfo(infoHash: InfoHash, network: SwarmNetwork, signal: AbortSignal): Promise<Metainfo> {
    const { fetchMetainfo } = await import('./fetch-metainfo.ts')
    const client = await this.#client.load()
    client.rtcConfig.iceServers = [...network.iceServers]
    return fetchMetainfo(client, infoHash, network, signal)
  }

  /** Change which files of a joined swarm are wanted. Bytes that are already here stay. */
  select(infoHash: InfoHash, selected: readonly number[]): void {
    this.#swarms.get(infoHash)?.select(selected)
  }

  /** Close all connections and stop announcing; the pieces stay. */
  async pause(infoHash: InfoHash): Promise<void> {
    await this.#swarms.get(infoHash)?.pause()
  }

  /** Join the swarm again after `pause`. */
  async resume(infoHash: InfoHash): Promise<void> {
    const swarm = this.#swarms.get(infoHash)
    if (swarm) await this.#start(swarm, () => true)
  }

  /** Leave the swarm and close its store; bytes on disk stay there. */
  async leave(infoHash: InfoHash): Promise<void> {
    await this.#take(infoHash)?.leave()
  }

  /** Leave the swarm and delete its bytes; a publisher's own files stay. */
  async remove(infoHash: InfoHash): Promise<void> {
    await this.#take(infoHash)?.remove()
  }

  /** The verified bytes of a complete file of a download, by reference. Errors: `storage_failed`. */
  async file(infoHash: InfoHash, index: number): Promise<Blob> {
    const swarm = this.#swarms.get(infoHash)
    if (!swarm) throw new AppError('storage_failed', 'this tab does not download that share')
    return swarm.content.file(index)
  }

  /**
   * Bytes [start, end) of the content as they arrive, fetched from `start` on before anything else; cancelling the stream
   * ends its priority. Also reads pieces that are already here. Errors: `storage_failed`, `cancelled` (the swarm ended).
   */
  read(infoHash: InfoHash, start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const swarm = this.#swarms.get(infoHash)
    if (!swarm) throw new AppError('storage_failed', 'this tab is not in the swarm of that share')
    return swarm.content.read(start, end)
  }

  /**
   * Bytes [start, end) of file `index` as people see them: of an encrypted share that its key has opened, decrypted and checked.
   * Otherwise as `read`. Errors: as of `read`, and `content_forged`.
   */
  readFile(
    infoHash: InfoHash,
    index: number,
    { start, end }: { readonly start: number; readonly end: number },
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { files, sealed } = this.metainfo(infoHash) ?? {}
    const offset = files?.[index]?.offset ?? 0
    const read = (from: number, to: number) => this.read(infoHash, from, to)
    return sealed ? sealed.open(index, { start, end }, read) : read(offset + start, offset + end)
  }

  /**
   * Whether a stored piece is still what was written; a damaged one is fetched again. True also where there is nothing to
   * verify. Errors: `storage_failed`.
   */
  async verify(infoHash: InfoHash, piece: number): Promise<boolean> {
    return (await this.#swarms.get(infoHash)?.content.verify(piece)) ?? true
  }

  /** Limit the rates of one share, or (null) of all shares of this tab together. */
  setLimits(infoHash: InfoHash | null, limits: RateLimits): void {
    if (infoHash) {
      this.#swarms.get(infoHash)?.setLimits(limits)
      return
    }
    this.#sharedLimiter.set(limits)
    for (const swarm of this.#swarms.values()) swarm.limitsChanged()
  }

  /** Turn uploads on or off; the swarm is left and joined again for that. */
  async setUploads(infoHash: InfoHash, uploads: boolean): Promise<void> {
    const swarm = this.#swarms.get(infoHash)
    if (!swarm || swarm.uploads === uploads) return
    swarm.setUploads(uploads)
    if (swarm.paused) return
    await swarm.pause()
    await this.resume(infoHash)
  }

  /** Note in the snapshot that something of a download was saved. */
  markSaved(infoHash: InfoHash): void {
    this.#swarms.get(infoHash)?.markSaved()
  }

  /**
   * Call when this computer woke up, its tab became visible, or its network changed: reconnects to trackers and peers now
   * instead of after the next back-off.
   */
  wake(options: { readonly networkChanged: boolean }): void {
    for (const swarm of this.#swarms.values()) swarm.wake(options)
  }

  /** ICE servers for all connections from now on, as when TURN credentials were renewed. */
  setIceServers(iceServers: readonly RTCIceServer[]): Promise<void> {
    return this.#client.setIceServers(iceServers)
  }

  /** The TCP port on which classic clients reach this computer. Errors: those of the port, such as `EADDRINUSE`. */
  listen(): Promise<number> {
    return this.#client.listen()
  }

  /** Leave every swarm and close the ports. */
  async close(): Promise<void> {
    await Promise.all([...this.#swarms.keys()].map(infoHash => this.leave(infoHash)))
    await this.#client.destroy()
  }

  /** The metainfo of a swarm of this tab. */
  metainfo(infoHash: InfoHash): Metainfo | undefined {
    return this.#swarms.get(infoHash)?.metainfo
  }

  /** `listener` is called whenever `getSnapshot()` returns something new; returns the unsubscribe. */
  subscribe(listener: () => void): () => void {
    return this.#watch.subscribe(listener)
  }

  /** Every swarm of this tab, newest first; the same object until something changes. */
  getSnapshot(): EngineSnapshot {
    return this.#watch.snapshot
  }

  getSwarm(infoHash: InfoHash): SwarmSnapshot | undefined {
    return this.#watch.current().find(swarm => swarm.infoHash === infoHash)
  }

  #hooks(
    swarm: () => Swarm,
    { peers = [], trackers, uploads = true, webSeeds, webSeedUse = 'first' }: SwarmNetwork,
  ) {
    return {
      announce: trackers,
      peers,
      webSeeds,
      webSeedUse,
      uploads,
      sharedLimiter: this.#sharedLimiter,
      maxPeers: this.#options.maxPeers,
      dht: this.#options.dht === true,
      laneRoundTripMs: this.#options.laneRoundTripMs,
      onChange: () => this.#watch.changed(swarm()),
      onMilestone: () => this.#watch.refresh(),
      onRetry: () => this.resume(swarm().infoHash).catch(reason => swarm().fail(reason)),
    }
  }

  #take(infoHash: InfoHash): Swarm | undefined {
    const swarm = this.#swarms.get(infoHash)
    if (!swarm) return undefined
    this.#swarms.delete(infoHash)
    this.#watch.refresh()
    return swarm
  }

  async #add(swarm: Swarm, network: SwarmNetwork): Promise<void> {
    // Registered before the client is loaded, so that the page shows the swarm at once.
    this.#swarms.set(swarm.infoHash, swarm)
    this.#watch.refresh()
    // It may have been paused while the code was loading.
    await this.#start(swarm, () => !swarm.paused, network)
  }

  async #start(swarm: Swarm, isWanted: () => boolean, network?: SwarmNetwork): Promise<void> {
    try {
      const client = await this.#clientFor(swarm)
      // TURN credentials expire: all connections from now on use the newest ones. Changed in place, because running swarms
      // hold this object.
      if (client && network) {
        client.rtcConfig.iceServers = [...network.iceServers]
        client.rtcConfig.iceTransportPolicy = network.relayOnly ? 'relay' : 'all'
      }
      // It may have been left in the meantime.
      if (this.#swarms.get(swarm.infoHash) === swarm && isWanted()) swarm.start(client)
    } catch (reason) {
      swarm.fail(notLoaded(reason))
    }
  }

  /** Null: no peers. Rejects when the code does not load, or the browser has no WebRTC. */
  async #clientFor(swarm: Swarm): Promise<Client | null> {
    if (!swarm.wantsPeers) return null
    try {
      return await this.#client.load()
    } catch (reason) {
      if (swarm.hasWebSeeds) return null
      throw reason
    }
  }
}

const notLoaded = (cause: unknown): AppError =>
  new AppError('server_unreachable', 'the transfer code did not load', { cause })
