import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { createLog } from '../../../server/base/log.ts'
import { Operators } from '../../../server/http/operators.ts'
import { findFiles } from '../../../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../../../server/node-engine/hashing/make-torrent.ts'
import { WatchFolder, type WatchTimes } from '../../../server/seeder/publish-folder/watch-folder.ts'
import type { ShareCache } from '../../../server/seeder/share-cache.ts'
import { openStoreDirectory, type Stores } from '../../../server/shares/database.ts'
import { EndedShares } from '../../../server/shares/expiry/ended-shares.ts'
import { MetainfoReader } from '../../../server/shares/metainfo/metainfo-reader.ts'
import { Shares } from '../../../server/shares/shares.ts'
import { Blocks } from '../../../server/shares/takedown/blocks.ts'
import { FakeSeeder } from '../fakes/fake-seeder.ts'

const ORIGIN = 'http://127.0.0.1:1'
const METAINFO = new MetainfoReader()
const LIMIT = { timeout: 25_000, interval: 20 }

/** A moment instead of 10 s, and half a second of the server's 30 s. */
export const QUICK: WatchTimes = { settled: 100, certain: 500, interval: 20 }
/** Nothing is certain while a test runs. */
export const NEVER_CERTAIN: WatchTimes = { ...QUICK, certain: 600_000 }

/** A watched publish folder with a registry of shares on disk; only the seeder's process is missing. */
export class TestPublishFolder {
  readonly path: string
  readonly seeder = new FakeSeeder()
  readonly shares: Shares
  readonly stores: Stores
  readonly cache: ShareCache
  readonly #data: string
  #watch: WatchFolder | null = null
  #log = ''
  #looks = 0

  private constructor(root: string, stores: Stores, shares: Shares, cacheOf: (it: FakeSeeder) => ShareCache) {
    this.path = join(root, 'publish')
    this.#data = join(root, 'data')
    this.stores = stores
    this.shares = shares
    this.cache = cacheOf(this.seeder)
  }

  /** In the folder `root`; watches `<root>/publish`, which it creates unless `create` is `nothing`. */
  static async open(
    root: string,
    times: WatchTimes,
    { create = 'folder' }: { readonly create?: 'folder' | 'nothing' } = {},
  ): Promise<TestPublishFolder> {
    mkdirSync(join(root, 'data'), { recursive: true })
    if (create === 'folder') mkdirSync(join(root, 'publish'), { recursive: true })
    const stores = await openStoreDirectory(join(root, 'data'))
    let cache: ShareCache | null = null
    const shares = await Shares.open({
      store: stores.shares,
      admission: {
        admit: infoHash => cache?.admit(infoHash),
        drop: infoHash => cache?.remove(infoHash),
        hide() {},
        show() {},
        end() {},
        deny() {},
        allow() {},
      },
      webSeeds: { urls: async () => [] },
      operators: new Operators({ operatorKey: 'operator', operatorKeys: [] }),
      blocks: await Blocks.open(stores.takedown, undefined),
      budget: Number.POSITIVE_INFINITY,
      udpPort: undefined,
      listing: 'offer',
      expiry: { expiryDefault: null, expiryMax: null },
      ended: await EndedShares.open(stores.endings),
      metainfo: METAINFO,
    })
    const published = await stores.shares.listInfoHashes()
    const folder = new TestPublishFolder(root, stores, shares, seeder => {
      cache = seeder.cache({ torrentOf: it => torrentOf(stores, it) }, published)
      return cache
    })
    try {
      await folder.#start(times)
    } catch (reason) {
      await folder.close()
      throw reason
    }
    return folder
  }

  async #start(times: WatchTimes): Promise<void> {
    this.#watch = await WatchFolder.open({
      folder: this.path,
      memory: join(this.#data, 'published.json'),
      times,
      shares: this.shares,
      store: this.stores.shares,
      shareCache: this.cache,
      metainfo: METAINFO,
      origin: ORIGIN,
      log: createLog('debug', line => {
        this.#log += line
      }),
    })
  }

  async close(): Promise<void> {
    await this.#watch?.close()
    await this.stores.close()
  }

  /** Lines of the log that contain all of `words`. */
  lines(...words: readonly string[]): readonly string[] {
    return this.#log.split('\n').filter(line => words.every(word => line.includes(word)))
  }

  find(infoHash: InfoHash) {
    return this.stores.shares.find(infoHash)
  }

  async names(): Promise<readonly string[]> {
    const found = await Promise.all((await this.stores.shares.listInfoHashes()).map(it => this.find(it)))
    return found.flatMap(share => share?.content.name ?? []).sort()
  }

  /** Waits until exactly these are published. */
  has(...names: readonly string[]): Promise<void> {
    return vi.waitFor(async () => expect(await this.names()).toEqual([...names].sort()), LIMIT)
  }

  isOffered = (infoHash: InfoHash): boolean => this.cache.state(infoHash).kept === 'yes'

  /** Waits until the share is offered, or is not. */
  offers(infoHash: InfoHash, is = true): Promise<void> {
    return vi.waitFor(() => expect(this.isOffered(infoHash)).toBe(is), LIMIT)
  }

  /** Waits for a line of the log that contains all of `words`. */
  says(...words: readonly string[]): Promise<void> {
    return vi.waitFor(() => expect(this.lines(...words).length).toBeGreaterThan(0), LIMIT)
  }

  /** Waits until the folder was looked at twice from now on. */
  async looked(): Promise<void> {
    for (let time = 0; time < 2; time++) {
      const name = `look ${++this.#looks}.part`
      writeFileSync(join(this.path, name), '')
      await this.says(name)
    }
  }
}

async function torrentOf(stores: Stores, infoHash: InfoHash): Promise<Uint8Array> {
  const parts = await stores.shares.findTorrent(infoHash)
  if (!parts) throw new Error('share_not_found')
  return encodeTorrent({ ...parts, announceList: [] })
}

/** Info hash of what lies at `path`. */
export async function infoHashOf(path: string): Promise<InfoHash> {
  return (await makeTorrent((await findFiles(path)).files)).metainfo.infoHash
}
