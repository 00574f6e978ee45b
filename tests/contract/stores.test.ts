import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { openStoreDirectory, openStores, type Stores } from '../../server/shares/database.ts'
import { openPostgres } from '../../server/shares/postgres/open.ts'
import { storedContent } from '../../server/shares/publishing/new-content.ts'
import type { Content, NewShare, ShareStore } from '../../server/shares/share-store.ts'
import type { WebSeedRecord, WebSeedStore } from '../../server/shares/web-seed-store.ts'
import { tempFolder } from '../support/content/fixtures.ts'
import { startPostgres, type TestPostgres } from '../support/server/postgres.ts'

const hash = (digit: string) => digit.repeat(40) as InfoHash

interface Given extends Omit<NewShare, 'content'> {
  readonly content: Content
}

const stored = ({ content, ...share }: Given): NewShare => ({ ...share, content: storedContent(content) })

const newShare = (digit: string): Given => ({
  infoHash: hash(digit),
  infoBytes: Uint8Array.of(0, 255, Number.parseInt(digit, 16)),
  contentDigest: null,
  comment: 'with “quotes” and \u0000',
  content: {
    name: 'ordner',
    length: 2 ** 53 - 1,
    pieceLength: 16_384,
    pieceCount: 1,
    private: true,
    singleFile: false,
    files: [{ path: 'a/\u202eb.txt', length: 2 ** 53 - 1, padding: false }],
  },
  title: 'Title',
  listed: true,
  publisher: 'token:a',
  expiresAt: null,
  downloadsMax: null,
  description: 'Words',
  ownerKeyHash: new Uint8Array(32).fill(7),
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
})

const webSeed = (url: string, checkAt: string, failure: WebSeedRecord['failure'] = null): WebSeedRecord => ({
  url,
  failure,
  checkedAt: new Date('2026-01-01T00:00:00Z'),
  checkAt: new Date(checkAt),
  addedBy: 'owner',
})

/** The contract of every `ShareStore`, `HistoryStore` and `WebSeedStore`. */
function describeStores(name: string, open: () => Promise<Stores>): void {
  let stores: Stores
  let store: ShareStore
  const add = (share: Given) => store.add(stored(share))
  beforeEach(async () => {
    stores = await open()
    store = stores.shares
  })
  afterEach(() => stores.close())

  describe(`ShareStore: ${name}`, () => {
    test('leaves out long lists of files, or gives them as text', async () => {
      const share = newShare('b')
      const name = '","files":[] "files":['
      const files = ['a', name, 'c'].map(path => ({ path, length: 1, padding: path === 'c' }))
      const { infoBytes, comment, contentDigest, ownerKeyHash, publisher, ...given } = {
        ...share,
        content: { ...share.content, name, files },
      }
      await add({ ...given, infoBytes, comment, contentDigest, ownerKeyHash, publisher })
      const record = { ...given, updatedAt: share.createdAt }
      const without = { ...record, content: { ...record.content, files: [] } }
      expect(await store.findBrief(share.infoHash, 2)).toEqual({ ...record, fileCount: 2 })
      expect(await store.findBrief(share.infoHash, 1)).toEqual({ ...without, fileCount: 2 })
      const text = await store.findText(share.infoHash)
      expect(text?.record).toEqual(without)
      expect(JSON.parse(Buffer.from(text?.filesJson ?? []).toString())).toEqual(files)
      expect(await store.findBrief(hash('c'), 2)).toBeUndefined()
      expect(await store.findText(hash('c'))).toBeUndefined()
    })

    test('returns what was added', async () => {
      const share = newShare('a')
      expect(await add(share)).toBe(true)
      const { infoBytes, comment, contentDigest, ownerKeyHash, publisher, ...record } = share
      expect(await store.find(share.infoHash)).toEqual({ ...record, updatedAt: share.createdAt })
      const parts = await store.findTorrent(share.infoHash)
      expect(new Uint8Array(parts?.infoBytes ?? [])).toEqual(infoBytes)
      expect(parts?.comment).toBe(comment)
      expect(new Uint8Array((await store.findOwnerKeyHash(share.infoHash)) ?? [])).toEqual(ownerKeyHash)
      expect(await store.findPublisher(share.infoHash)).toBe(publisher)
      expect(await store.findPublisher(hash('c'))).toBeNull()
    })

    test('lists what one publisher has', async () => {
      await add(newShare('a'))
      await add({ ...newShare('b'), publisher: 'token:b' })
      await add({ ...newShare('c'), publisher: null })
      const { length } = newShare('a').content
      expect(await store.listOf('token:a')).toEqual([{ infoHash: hash('a'), length }])
      expect(await store.listOf('token:c')).toEqual([])
    })

    test('keeps the first share of an info hash', async () => {
      await add(newShare('a'))
      expect(await add({ ...newShare('a'), title: 'Other', ownerKeyHash: new Uint8Array(32) })).toBe(false)
      expect((await store.find(hash('a')))?.title).toBe('Title')
      expect((await store.findOwnerKeyHash(hash('a')))?.[0]).toBe(7)
    })

    test('changes only the given texts, and only of one share', async () => {
      await add(newShare('a'))
      await add(newShare('b'))
      const at = new Date('2026-02-03T00:00:00Z')
      const updated = await store.update(hash('a'), { description: '' }, at)
      expect(updated).toMatchObject({ title: 'Title', description: '', updatedAt: at })
      expect(await store.findBrief(hash('a'), -1)).toEqual(updated)
      expect((await store.find(hash('b')))?.description).toBe('Words')
    })

    test('lists and removes', async () => {
      await add(newShare('a'))
      await add(newShare('b'))
      expect([...(await store.listInfoHashes())].sort()).toEqual([hash('a'), hash('b')])
      expect(await store.remove(hash('a'))).toBe(true)
      expect(await store.remove(hash('a'))).toBe(false)
      expect(await store.listInfoHashes()).toEqual([hash('b')])
    })

    test('summarizes listed shares, newest first, and requested ones', async () => {
      await add(newShare('a'))
      await add({ ...newShare('b'), createdAt: new Date('2026-01-03T00:00:00Z') })
      await add({ ...newShare('c'), listed: false })
      const newest = await store.newestListed(10)
      expect(newest.map(({ infoHash }) => infoHash)).toEqual([hash('b'), hash('a')])
      expect(newest[1]).toEqual({
        infoHash: hash('a'),
        title: 'Title',
        name: 'ordner',
        length: 2 ** 53 - 1,
        fileCount: 1,
        listed: true,
        createdAt: newShare('a').createdAt,
        updatedAt: newShare('a').createdAt,
      })
      expect(await store.newestListed(1)).toHaveLength(1)
      expect(await store.listUnlisted()).toEqual([hash('c')])
      const asked = await store.summaries([hash('c'), hash('d')])
      expect(asked.map(({ infoHash, listed }) => [infoHash, listed])).toEqual([[hash('c'), false]])
      await store.update(hash('a'), { listed: false }, new Date())
      expect((await store.find(hash('a')))?.listed).toBe(false)
      expect(await store.newestListed(10)).toHaveLength(1)
    })

    test('stores what is blocked, published or not, and finds the same content', async () => {
      const { takedown } = stores
      const blockOf = (digit: string) => ({
        infoHash: hash(digit),
        content: 'c'.repeat(64),
        reason: 'spam “é”',
        name: '',
        length: 2 ** 53 - 1,
        by: 'ann',
        at: new Date('2026-01-02T03:04:05.678Z'),
      })
      await add({ ...newShare('a'), contentDigest: 'c'.repeat(64) })
      await add(newShare('d'))
      const found = [{ infoHash: hash('a'), content: 'c'.repeat(64), name: 'ordner', length: 2 ** 53 - 1 }]
      expect(await takedown.sameContent(['c'.repeat(64), 'f'.repeat(64)])).toEqual(found)
      expect(await takedown.blockable([hash('a'), hash('e')])).toEqual(found)
      await takedown.putBlocks([{ ...blockOf('a'), reason: 'first' }])
      await takedown.putBlocks([blockOf('a'), blockOf('b')])
      await takedown.removeBlocks([hash('b'), hash('e')])
      await store.remove(hash('a'))
      expect(await takedown.listBlocks()).toEqual([blockOf('a')])
    })

    test('pages through the audit log, newest first', async () => {
      const { takedown } = stores
      const act = { by: 'ann', act: 'block', infoHash: hash('a'), why: 'spam' } as const
      const at = new Date('2026-01-02T03:04:05.678Z')
      for (let count = 0; count < 3; count += 1) await takedown.note({ ...act, why: `${count}` }, at)
      const [third, second] = await takedown.audit({ before: null, limit: 2 })
      expect([third, second]).toMatchObject([{ ...act, why: '2', at }, { why: '1' }])
      expect(await takedown.audit({ before: second?.id ?? 0, limit: 9 })).toMatchObject([{ why: '0' }])
    })

    test('returns undefined for an unknown share', async () => {
      expect(await store.find(hash('c'))).toBeUndefined()
      expect(await store.findTorrent(hash('c'))).toBeUndefined()
      expect(await store.findOwnerKeyHash(hash('c'))).toBeUndefined()
      expect(await store.update(hash('c'), { title: 'x' }, new Date())).toBeUndefined()
    })
  })

  describe(`HistoryStore: ${name}`, () => {
    const sample = (digit: string, complete: number) => ({
      infoHash: hash(digit),
      complete,
      incomplete: 1,
      completed: 2,
      bytes: 2 ** 53 - 1,
    })
    const at = (text: string) => new Date(`2026-01-${text}Z`)
    const completeOf = async (digit: string) =>
      (await stores.history.of(hash(digit))).map(({ complete }) => complete)
    beforeEach(async () => {
      await add(newShare('a'))
      await add(newShare('b'))
    })

    test('returns what was added, oldest first, of existing shares only', async () => {
      await stores.history.add([sample('a', 2)], at('02T00:05:00'))
      await stores.history.add([sample('a', 1), sample('b', 7), sample('c', 9)], at('02T00:00:00'))
      expect(await completeOf('a')).toEqual([1, 2])
      const { infoHash: _, ...counts } = sample('b', 7)
      expect(await stores.history.of(hash('b'))).toEqual([{ at: at('02T00:00:00'), ...counts }])
      expect(await completeOf('c')).toEqual([])
      const latest = await stores.history.latest()
      expect(latest.toSorted((x, y) => x.infoHash.localeCompare(y.infoHash))).toEqual([
        sample('a', 2),
        sample('b', 7),
      ])
    })

    test('is deleted with its share', async () => {
      await stores.history.add([sample('a', 1), sample('b', 2)], at('02T00:00:00'))
      await store.remove(hash('a'))
      expect(await stores.history.latest()).toEqual([sample('b', 2)])
    })

    test('keeps the last sample of each hour of old ones, and none that are older', async () => {
      const times = ['02T00:10:00', '02T00:55:00', '02T01:00:00', '03T07:00:00', '03T07:05:00', '03T09:00:00']
      for (const [index, time] of times.entries()) {
        await stores.history.add([sample('a', index), sample('b', index)], at(time))
      }
      await stores.history.prune({ forgetBefore: at('01T00:00:00'), thinBefore: at('03T07:05:00') })
      expect(await completeOf('a')).toEqual([1, 2, 4, 5])
      await stores.history.prune({ forgetBefore: at('03T00:00:00'), thinBefore: at('03T07:05:00') })
      expect(await completeOf('b')).toEqual([4, 5])
    })

    test('accepts more samples at once than one statement can hold', async () => {
      const many = Array.from({ length: 1_000 }, (_, index) => ({
        ...sample('a', index),
        infoHash: index.toString(16).padStart(40, '0') as InfoHash,
      }))
      await stores.history.add([...many, sample('a', 5)], at('02T00:00:00'))
      expect(await completeOf('a')).toEqual([5])
    })
  })

  describe(`WebSeedStore: ${name}`, () => {
    const first = webSeed('https://a.example/', '2026-01-02T00:00:00Z')
    const second = webSeed('https://b.example/', '2026-01-01T12:00:00Z', 'web_seed_wrong')
    let webSeeds: WebSeedStore
    beforeEach(async () => {
      webSeeds = stores.webSeeds
      await add(newShare('a'))
      await add(newShare('b'))
    })

    test('keeps the order, replaces the whole list, and only of one share', async () => {
      expect(await webSeeds.replace(hash('a'), [second, first])).toBe(true)
      expect(await webSeeds.replace(hash('b'), [first])).toBe(true)
      expect(await webSeeds.list(hash('a'))).toEqual([second, first])
      expect(await webSeeds.replace(hash('a'), [])).toBe(true)
      expect(await webSeeds.list(hash('a'))).toEqual([])
      expect(await webSeeds.list(hash('b'))).toEqual([first])
    })

    test('accepts none for an unknown share, and deletes them with their share', async () => {
      expect(await webSeeds.replace(hash('c'), [first])).toBe(false)
      await webSeeds.replace(hash('a'), [first])
      await store.remove(hash('a'))
      await add(newShare('a'))
      expect(await webSeeds.list(hash('a'))).toEqual([])
      expect(await webSeeds.listDue(new Date('2027-01-01'), 10)).toEqual([])
    })

    test('returns which are due, and stores results', async () => {
      await webSeeds.replace(hash('a'), [first])
      await webSeeds.replace(hash('b'), [second])
      const due = (time: string, limit: number) => webSeeds.listDue(new Date(time), limit)
      const [one, two] = [
        { infoHash: hash('a'), url: first.url },
        { infoHash: hash('b'), url: second.url },
      ]
      expect(await due('2026-01-01T11:59:59Z', 10)).toEqual([])
      expect(await due('2026-01-01T12:00:00Z', 10)).toEqual([two])
      expect(await due('2026-01-03T00:00:00Z', 10)).toEqual([two, one])
      expect(await due('2026-01-03T00:00:00Z', 1)).toEqual([two])
      const found = { failure: null, checkedAt: new Date('2026-01-03'), checkAt: new Date('2026-01-04') }
      await webSeeds.update(hash('b'), second.url, found)
      await webSeeds.update(hash('b'), 'https://gone.example/', found)
      expect(await webSeeds.list(hash('b'))).toEqual([{ ...second, ...found }])
      expect(await due('2026-01-03T00:00:00Z', 10)).toEqual([one])
    })
  })
}

const folder = tempFolder()
afterEach(() => folder[Symbol.dispose]())
let files = 0

describeStores('SQLite in memory', () => openStores(new Database(':memory:')))
describeStores('SQLite file', () => {
  files += 1
  return openStoreDirectory(join(folder.path, String(files)))
})

describe('PostgreSQL', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())
  describeStores('PostgreSQL', async () => openPostgres(await postgres.create()))
})

describe('SQLite file', () => {
  test('keeps shares across a restart, in a directory readable by its owner only', async () => {
    const directory = join(folder.path, 'new', 'data')
    const first = await openStoreDirectory(directory)
    await first.shares.add(stored(newShare('a')))
    await first.close()
    const second = await openStoreDirectory(directory)
    expect(await second.shares.listInfoHashes()).toEqual([hash('a')])
    await second.close()
    expect(statSync(directory).mode & 0o777).toBe(0o700)
  })
})
