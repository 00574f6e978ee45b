import { AppError } from '../base/errors.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import { BlobStore } from '../storage/blob-store.ts'
import type { PieceStore } from '../storage/piece-store.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'
import { Swarm } from './swarm.ts'
import type { EngineSnapshot, RateLimits, SwarmSnapshot } from './view/snapshot.ts'
import { SwarmWatch } from './view/swarm-watch.ts'
import type { WebSeedUse } from './web-seed-policy.ts'
import { type Client, type ClientOptions, createClient, fetchMetadata } from './webtorrent.ts'

/** Where the swarm of a share is announced and how peers are reached. */
export interface SwarmNetwork {
  /** WebSocket announce URLs (ws: or wss:). */
  readonly trackers: readonly string[]
  readonly iceServers: readonly RTCIceServer[]
  /** HTTP servers that have the same files (BEP 19); untrusted. */
  readonly webSeeds: readonly string[]
  /** Default: `fallback`. */
  readonly webSeedUse?: WebSeedUse
  /** Peers are met through TURN only, so that they do not learn our address. */
  readonly relayOnly?: boolean
  /** False: nothing is given to others, who are not told either what is here. Default: true. */
  readonly uploads?: boolean
}

/**
 * The only owner of a webtorrent client: publishes, joins and leaves swarms, and tells what they do.
 * One per tab, outside React. The client is loaded at the first `publish` or `join`, not before.
 */
export class SwarmEngine {
  readonly #swarms = new Map<InfoHash, Swarm>()
  readonly #sharedLimits = { download: new TokenBucket(), upload: new TokenBucket() }
  readonly #watch = new SwarmWatch(this.#swarms)
  readonly #options: ClientOptions
  #client: Promise<Client> | null = null

  /** `options` are for a computer; a tab has none. */
  constructor(options: ClientOptions = {}) {
    this.#options = options
  }

  /** Fetch the transfer code, so that the first `publish` or `join` need not wait for it. Never rejects. */
  async load(): Promise<void> {
    await this.#loadClient().catch(() => undefined)
  }

  /**
   * Seed `files` (in metainfo order) under `metainfo`. Nothing is hashed again: they must have been just now.
   * A share that this tab seeds already goes on as it is, or again when it was paused.
   */
  async publish(metainfo: Metainfo, files: readonly Blob[], network: SwarmNetwork): Promise<void> {
    const present = this.#swarms.get(metainfo.infoHash)
    if (present?.role === 'publisher' && present.snapshot(performance.now()).state !== 'error') {
      await this.resume(metainfo.infoHash)
      return
    }
    if (present) await this.leave(metainfo.infoHash)
    const swarm: Swarm = new Swarm(
      {
        metainfo,
        store: new BlobStore(files, metainfo.pieceLength, () => swarm.fail(new AppError('file_changed'))),
        ...this.#hooks(() => swarm, network),
      },
      Array.from(metainfo.files.keys()),
    )
    await this.#add(swarm, network)
  }

  /**
   * Download the files at `selected` (indexes, metainfo order) into `store`, going on from what it has, and give to
   * others what we have. For a swarm that is here already, changes the selection and closes `store`.
   */
  async join(
    metainfo: Metainfo,
    selected: readonly number[],
    network: SwarmNetwork,
    store: PieceStore,
  ): Promise<void> {
    const present = this.#swarms.get(metainfo.infoHash)
    if (present && present.snapshot(performance.now()).state !== 'error') {
      this.select(metainfo.infoHash, selected)
      await store.close()
      return
    }
    if (present) await this.leave(metainfo.infoHash)
    const swarm: Swarm = new Swarm({ metainfo, store, ...this.#hooks(() => swarm, network) }, selected)
    await this.#add(swarm, network)
  }

  /**
   * The metainfo of a share of which only the info hash is known, from whoever has it (BEP 9).
   * Errors: `cancelled` when `signal` aborts before that, `metainfo_invalid` and others of `parseMetainfo`.
   */
  async fetchMetainfo(infoHash: InfoHash, network: SwarmNetwork, signal: AbortSignal): Promise<Metainfo> {
    const client = await this.#loadClient()
    client.tracker.rtcConfig.iceServers = [...network.iceServers]
    const metainfo = await parseMetainfo(await fetchMetadata(client, infoHash, network.trackers, signal))
    if (metainfo.infoHash !== infoHash) throw new AppError('metainfo_invalid', 'it belongs to another share')
    return metainfo
  }

  /** Change which files of a joined swarm are wanted. Bytes already here are kept. */
  select(infoHash: InfoHash, selected: readonly number[]): void {
    this.#swarms.get(infoHash)?.select(selected)
  }

  /** Drop all connections and stop announcing, keep what is here. */
  async pause(infoHash: InfoHash): Promise<void> {
    await this.#swarms.get(infoHash)?.pause()
  }

  /** Go on after `pause`. */
  async resume(infoHash: InfoHash): Promise<void> {
    const swarm = this.#swarms.get(infoHash)
    if (swarm) await this.#start(swarm, () => true)
  }

  /** Leave the swarm and close its store; what is on disk stays there. */
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
    if (!swarm) throw new AppError('storage_failed', 'this tab did not download that')
    return swarm.file(index)
  }

  /**
   * Bytes [start, end) of the content as they arrive, asked for before anything else, from `start` on; cancelling the
   * stream ends the hurry. Also reads what is here already. Errors: `storage_failed`, `cancelled` (the swarm ended).
   */
  read(infoHash: InfoHash, start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const swarm = this.#swarms.get(infoHash)
    if (!swarm) throw new AppError('storage_failed', 'this tab takes no part in that share')
    return swarm.read(start, end)
  }

  /** Limit the rates of one share, or (null) of all shares of this tab together. */
  setLimits(infoHash: InfoHash | null, limits: RateLimits): void {
    if (infoHash) {
      this.#swarms.get(infoHash)?.setLimits(limits)
      return
    }
    this.#sharedLimits.download.setRate(limits.download)
    this.#sharedLimits.upload.setRate(limits.upload)
    for (const swarm of this.#swarms.values()) swarm.limitsChanged()
  }

  /** Give to others what is here, or (false) nothing from now on: connections begin anew. */
  async setUploads(infoHash: InfoHash, uploads: boolean): Promise<void> {
    const swarm = this.#swarms.get(infoHash)
    if (!swarm || swarm.uploads === uploads) return
    swarm.setUploads(uploads)
    if (swarm.paused) return
    await swarm.pause()
    await this.resume(infoHash)
  }

  /** Remember that something of a download was saved. */
  markSaved(infoHash: InfoHash): void {
    this.#swarms.get(infoHash)?.markSaved()
  }

  /**
   * This computer woke up (its tab is looked at again), or came to another network: dial and call now what would be
   * dialled and called later.
   */
  wake(networkChanged: boolean): void {
    for (const swarm of this.#swarms.values()) swarm.wake(networkChanged)
  }

  /** ICE servers for all connections from now on, as when TURN credentials were renewed. */
  async setIceServers(iceServers: readonly RTCIceServer[]): Promise<void> {
    const client = await this.#client
    if (client) client.tracker.rtcConfig.iceServers = [...iceServers]
  }

  /** The TCP port on which classic clients reach this computer. Errors: those of the port, such as `EADDRINUSE`. */
  async listen(): Promise<number> {
    const client = await this.#loadClient()
    if (!client.listening) {
      await new Promise<void>((resolve, reject) => {
        client.once('listening', resolve)
        client.once('error', reject)
      })
    }
    return client.torrentPort
  }

  /** Leave every swarm and let go of the ports. */
  async close(): Promise<void> {
    await Promise.all([...this.#swarms.keys()].map(infoHash => this.leave(infoHash)))
    const client = await this.#client
    if (client) await new Promise<void>(resolve => client.destroy(resolve))
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
    return this.#watch.snapshot.find(swarm => swarm.infoHash === infoHash)
  }

  #hooks(swarm: () => Swarm, { trackers, uploads = true, webSeeds, webSeedUse = 'fallback' }: SwarmNetwork) {
    return {
      announce: trackers,
      webSeeds,
      webSeedUse,
      uploads,
      sharedLimits: this.#sharedLimits,
      maxPeers: this.#options.maxPeers,
      onChange: () => this.#watch.changed(swarm()),
      onRetry: () => void this.resume(swarm().infoHash),
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
    // It may be paused while the code is loading.
    await this.#start(swarm, () => !swarm.paused, network)
  }

  async #start(swarm: Swarm, isWanted: () => boolean, network?: SwarmNetwork): Promise<void> {
    try {
      const client = await this.#clientFor(swarm)
      // TURN credentials run out: the newest ones are for all connections from now on. Changed in place, because
      // swarms that run already hold this object.
      if (client && network) {
        client.tracker.rtcConfig.iceServers = [...network.iceServers]
        client.tracker.rtcConfig.iceTransportPolicy = network.relayOnly ? 'relay' : 'all'
      }
      // It may have been left meanwhile.
      if (this.#swarms.get(swarm.infoHash) === swarm && isWanted()) swarm.start(client)
    } catch (reason) {
      swarm.fail(new AppError('server_unreachable', 'the transfer code did not load', { cause: reason }))
    }
  }

  /** Null: without peers. Rejects when the code does not load, or a browser without WebRTC refuses it. */
  async #clientFor(swarm: Swarm): Promise<Client | null> {
    if (!swarm.wantsPeers) return null
    try {
      return await this.#loadClient()
    } catch (reason) {
      if (swarm.hasWebSeeds) return null
      throw reason
    }
  }

  #loadClient(): Promise<Client> {
    this.#client ??= createClient(this.#options).then(
      client => {
        // Errors of one swarm reach that swarm; what comes here has ended them all.
        client.on('error', reason => {
          for (const swarm of this.#swarms.values()) swarm.fail(reason)
        })
        return client
      },
      reason => {
        // The next attempt loads again.
        this.#client = null
        throw reason
      },
    )
    return this.#client
  }
}
