import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { openStoreDirectory, openStores, type Stores } from '../../../server/shares/database.ts'
import { openPostgres } from '../../../server/shares/postgres/open.ts'
import { storedContent } from '../../../server/shares/publishing/new-content.ts'
import type { NewShare } from '../../../server/shares/share-store.ts'
import { tempFolder } from '../content/fixtures.ts'
import { startPostgres, type TestPostgres } from '../server/postgres.ts'

export const hash = (digit: string) => digit.repeat(40) as InfoHash
export const day = (text: string) => new Date(`2026-${text}T00:00:00Z`)

export const share = (digit: string, given: Partial<NewShare> = {}): NewShare => ({
  infoHash: hash(digit),
  infoBytes: Uint8Array.of(1),
  contentDigest: null,
  comment: '',
  content: storedContent({
    name: `Folder ${digit} 100%_`,
    length: 5,
    pieceLength: 16_384,
    pieceCount: 1,
    private: false,
    singleFile: true,
    files: [{ path: 'a', length: 5, padding: false }],
  }),
  title: '',
  listed: false,
  publisher: null,
  expiresAt: null,
  downloadsMax: null,
  description: '',
  ownerKeyHash: new Uint8Array(32),
  createdAt: day('01-01'),
  ...given,
})

/** Describes the tests of `contract` on each kind of database; `stores` are new for each test. */
export function onEachDatabase(contract: (stores: () => Stores) => void): void {
  const describeOn = (name: string, open: () => Promise<Stores>) =>
    describe(name, () => {
      let stores: Stores
      beforeEach(async () => {
        stores = await open()
      })
      afterEach(() => stores.close())
      contract(() => stores)
    })
  describeOn('SQLite in memory', () => openStores(new Database(':memory:')))
  describe('of a file', () => {
    let folder: ReturnType<typeof tempFolder>
    beforeEach(() => {
      folder = tempFolder()
    })
    afterEach(() => folder[Symbol.dispose]())
    describeOn('SQLite', () => openStoreDirectory(folder.path))
  })
  describe('of a server', () => {
    let postgres: TestPostgres
    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres[Symbol.asyncDispose]())
    describeOn('PostgreSQL', async () => openPostgres(await postgres.create()))
  })
}
