import { fetchMetainfo } from '../../api/client.ts'
import type { SwarmEngine } from '../../engine/engine.ts'
import { askServer, type ServerAnswers } from '../../network/network.ts'
import { preloadStoreWorker } from '../../storage/opfs/opfs-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'

/** How long answers of the server are good for, in milliseconds: TURN credentials and web seeds change slowly. */
const GOOD_MS = 60_000

/** Most pieces of a share whose metainfo is fetched before anybody wants it: 20 bytes for each. */
const PIECES_MAX = 20_000

/** Most files of such a share: each is a few lines to read in two answers, which would hold up the page on a phone. */
const FILES_MAX = 1_000

/** How large a share is to read. */
interface ShareCounts {
  readonly fileCount: number
  readonly pieceCount: number
}

/** What the server said about a download. */
interface Prepared {
  readonly answers: ServerAnswers
  /** Null for a large one: it is fetched on the click. */
  readonly metainfo: Metainfo | null
}

/**
 * What a click on Download needs, fetched before it: code, the store's worker, and the server's answers. Only our own server
 * is asked, which the person's page came from; other peers and the tracker hear of nobody before the click.
 */
export class Preparation {
  readonly #engine: SwarmEngine
  readonly #hasDisk: () => boolean
  #ready: {
    readonly infoHash: InfoHash
    readonly at: number
    readonly parts: Promise<Prepared | null>
  } | null = null
  #hasCode = false

  /** `hasDisk`: see `BrowserTab`. */
  constructor(engine: SwarmEngine, hasDisk: () => boolean) {
    this.#engine = engine
    this.#hasDisk = hasDisk
  }

  /** Fetch what is not here, or no longer good. Never fails: the click fetches what is missing. */
  prepare(infoHash: InfoHash, { fileCount, pieceCount }: ShareCounts): void {
    if (!this.#hasCode) {
      this.#hasCode = true
      if (this.#hasDisk()) preloadStoreWorker()
      this.#engine.load().then(
        loaded => {
          this.#hasCode = loaded
        },
        () => undefined,
      )
    }
    if (fileCount > FILES_MAX || this.#isGood(infoHash)) return
    const small = pieceCount <= PIECES_MAX
    const parts = Promise.all([askServer(infoHash), small ? fetchMetainfo(infoHash) : null]).then(
      ([answers, metainfo]): Prepared => ({ answers, metainfo }),
      () => null,
    )
    this.#ready = { infoHash, at: performance.now(), parts }
  }

  /** What was prepared for this share; null when nothing is, or it is too old. */
  async take(infoHash: InfoHash): Promise<Prepared | null> {
    const parts = this.#isGood(infoHash) ? this.#ready?.parts : null
    this.#ready = null
    return (await parts) ?? null
  }

  #isGood(infoHash: InfoHash): boolean {
    return this.#ready?.infoHash === infoHash && performance.now() - this.#ready.at < GOOD_MS
  }
}
