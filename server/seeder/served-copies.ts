import { join } from 'node:path'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { HostedShare, HostedShares } from '../web-seeds/hosted-shares.ts'
import { CachedShare } from './cached-share.ts'
import type { FromSeeder, ToSeeder } from './link/messages.ts'

/** Without its server for longer than this a seeder answers no more: it does not hear of what is taken down. */
const ALONE_MAX_MS = 600_000

interface ServedCopiesOptions {
  /** Folder of the copies. */
  readonly folder: string
  readonly metainfo: MetainfoReader
  readonly toSeeder: (message: ToSeeder) => void
  readonly log: Log
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number
}

/**
 * What a seeder on a machine of its own may answer over HTTP, and upload: the copies that its process reports, of shares that its server lists.
 * It reads the messages that both exchange.
 */
export class ServedCopies implements HostedShares {
  readonly #options: ServedCopiesOptions
  readonly #now: () => number
  readonly #messages = new SerialQueue()
  readonly #copies = new Map<InfoHash, CachedShare>()
  /** What the server lists; null before it has said so. */
  #listed: Set<InfoHash> | null = null
  /** What the seeder holds in whole or in part, of which it may not have said more yet. */
  #held: ReadonlySet<InfoHash> = new Set()
  /** When the connection to the server ended; null while there is one. */
  #aloneSince: number | null = null

  constructor(options: ServedCopiesOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  find(infoHash: InfoHash): HostedShare | null {
    if (this.#isAlone || !this.#listed?.has(infoHash)) return null
    return this.#copies.get(infoHash) ?? null
  }

  /** Shares of which it has everything, listed or not. */
  *complete(): Generator<InfoHash> {
    for (const [infoHash, { complete }] of this.#copies) if (complete) yield infoHash
  }

  /** Whether a share that is not found may be there in a moment: seeder or server have just begun, or come back. */
  mayCome(infoHash: InfoHash): boolean {
    if (this.#isAlone || this.#listed === null) return true
    return this.#listed.has(infoHash) && this.#held.has(infoHash) && !this.#copies.get(infoHash)?.state
  }

  connected(): void {
    // What is listed now it says in a moment.
    if (this.#isAlone) this.#listed = null
    this.#aloneSince = null
  }

  disconnected(): void {
    this.#aloneSince ??= this.#now()
  }

  /** The server says this to the seeder. */
  onServer(message: ToSeeder): void {
    // At once, whatever is still to be read.
    if (message.do === 'drop') this.#listed?.delete(message.infoHash)
    if (message.do === 'retain') this.#listed = new Set(message.infoHashes)
    if (message.do === 'keep')
      this.#later(async () => {
        const { infoHash } = await this.#options.metainfo.packed({ torrent: message.torrent })
        this.#listed?.add(infoHash)
      })
  }

  /** The seeder says this to the server. */
  onSeeder(message: FromSeeder): void {
    this.#later(async () => {
      if (message.report === 'kept') await this.#add(message.torrent)
      else if (message.report === 'dropped') this.#copies.delete(message.infoHash)
      else if (message.report === 'ready') {
        const held = new Set(message.infoHashes)
        this.#held = held
        for (const infoHash of this.#copies.keys()) if (!held.has(infoHash)) this.#copies.delete(infoHash)
      } else if (message.report === 'state')
        for (const state of message.states) {
          const copy = this.#copies.get(state.infoHash)
          if (copy) copy.state = state
        }
    })
  }

  get #isAlone(): boolean {
    return this.#aloneSince !== null && this.#now() - this.#aloneSince > ALONE_MAX_MS
  }

  async #add(torrent: Uint8Array): Promise<void> {
    const { folder, toSeeder } = this.#options
    const metainfo = await this.#options.metainfo.packed({ torrent })
    const { infoHash } = metainfo
    if (this.#copies.has(infoHash)) return
    this.#copies.set(
      infoHash,
      new CachedShare(metainfo, join(folder, infoHash), {
        use: bytes => toSeeder({ do: 'touch', infoHash, bytes }),
        damage: piece => toSeeder({ do: 'check', infoHash, piece }),
      }),
    )
  }

  /** In order: a copy is parsed before its state is read. */
  #later(task: () => Promise<void>): void {
    this.#messages
      .add(task)
      .catch(reason => this.#options.log.error({ err: reason }, 'a message of the seeder was not understood'))
  }
}
