import { expect, vi } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { createLog, type Log } from '../../../server/base/log.ts'
import type { SeederIdentity } from '../../../server/seeder/link/identity.ts'
import type { CacheReport, FromSeeder, ToSeeder } from '../../../server/seeder/link/messages.ts'
import type { OpenSeederLink } from '../../../server/seeder/link/seeder-link.ts'
import { CopyTable } from '../../../server/seeder/placement/copy-table.ts'
import { ShareCache, type ShareCacheOptions } from '../../../server/seeder/share-cache.ts'
import { MetainfoReader } from '../../../server/shares/metainfo/metainfo-reader.ts'
import { torrentNamed } from '../content/shares.ts'

export const torrent = torrentNamed('share')
export const metainfo = await parseMetainfo(torrent)
const { infoHash } = metainfo
export const WHOLE: CacheReport = {
  infoHash,
  have: 100,
  complete: true,
  peers: 2,
  uploaded: 0,
  copies: 1.5,
  checkedAt: null,
  problem: null,
}

/** What `ShareCache.state` returns for a share without a copy. */
export const NOTHING = { offered: true, asked: false, kept: 'no', have: 0, checkedAt: null, problem: null }

const NO_SEEDERS = {
  seeders: async () => [],
  putSeeder: async () => {},
  leaveSeeder: async () => {},
  forgetSeeders: async () => {},
}

/** The link to a seeder that sends what the test says about the share `torrent`, and records what it gets. */
export class FakeSeeder {
  readonly log: Log
  isAway = false
  readonly sent: ToSeeder[] = []
  #onMessage: (message: FromSeeder) => void = () => undefined

  /** Seeders of one cache have one log. */
  constructor(log = createLog('silent')) {
    this.log = log
    vi.spyOn(this.log, 'error')
  }

  readonly open: OpenSeederLink = onMessage => {
    this.#onMessage = onMessage
    return this
  }

  send(message: ToSeeder): void {
    this.sent.push(message)
  }

  async stop(): Promise<void> {}

  /** What was sent since the last call: each message's `do`. */
  got(): string[] {
    return this.sent.splice(0).map(message => message.do)
  }

  /** Sends `message`, and waits until the cache has handled it. */
  async says(message: FromSeeder): Promise<void> {
    this.#onMessage(message)
    // Messages are handled in order: when this one has failed, the others are done.
    const failures = vi.mocked(this.log.error).mock.calls.length
    this.#onMessage({ report: 'kept', torrent: new Uint8Array() })
    await vi.waitFor(() => expect(vi.mocked(this.log.error).mock.calls.length).toBe(failures + 1), {
      interval: 1,
    })
  }

  ready = (...infoHashes: InfoHash[]) => this.says({ report: 'ready', port: 1, infoHashes })
  cached = () => this.says({ report: 'kept', torrent })
  refused = () => this.says({ report: 'refused', infoHash, code: 'seeder_full' })
  dropped = (reason: 'asked' | 'evicted' | 'before' = 'asked') =>
    this.says({ report: 'dropped', infoHash, reason })
  reports = (state: Partial<CacheReport> = {}) =>
    this.says({ report: 'state', states: [{ ...WHOLE, ...state }] })

  /** A cache that is connected to this seeder, on a server with the shares `published`. */
  cache(
    { folder = '/nowhere', ...more }: Partial<ShareCacheOptions> & { folder?: string | null } = {},
    published: readonly InfoHash[] = [infoHash],
  ): ShareCache {
    const torrentOf = async () => torrent
    const { log } = this
    const parts = {
      ...{ mode: 'offer' as const, hasSeeders: true, metainfo: new MetainfoReader(), log, torrentOf },
      ...{ table: CopyTable.empty(log), store: NO_SEEDERS, copies: 2, leads: () => true },
      lengthOf: async () => 100,
    }
    const cache = new ShareCache({ ...parts, ...more }, published)
    this.connect(cache, {}, folder)
    return cache
  }

  /** Connects to `cache` as another of its seeders. */
  connect(cache: ShareCache, more: Partial<SeederIdentity> = {}, folder: string | null = null): void {
    cache.link(
      { id: 'fake-seeder', name: 'fake', zone: '', url: '', insideUrl: '', ...more },
      this.open,
      folder,
    )
  }
}
