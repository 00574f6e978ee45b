import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { NewShare, ShareStore } from '../../server/shares/share-store.ts'
import { openShareDirectory, openSqliteShareStore } from '../../server/shares/sqlite.ts'
import { tempFolder } from '../support/fixtures.ts'

const hash = (digit: string) => digit.repeat(40) as InfoHash

const newShare = (digit: string): NewShare => ({
  infoHash: hash(digit),
  infoBytes: Uint8Array.of(0, 255, Number.parseInt(digit, 16)),
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
  description: 'Words',
  ownerKeyHash: new Uint8Array(32).fill(7),
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
})

/** What every `ShareStore` must do. */
function describeShareStore(name: string, open: () => Promise<ShareStore>): void {
  describe(`ShareStore: ${name}`, () => {
    let store: ShareStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('gives back what was added', async () => {
      const share = newShare('a')
      expect(await store.add(share)).toBe(true)
      const { infoBytes, comment, ownerKeyHash, ...record } = share
      expect(await store.find(share.infoHash)).toEqual({ ...record, updatedAt: share.createdAt })
      const parts = await store.findTorrent(share.infoHash)
      expect(new Uint8Array(parts?.infoBytes ?? [])).toEqual(infoBytes)
      expect(parts?.comment).toBe(comment)
      expect(new Uint8Array((await store.findOwnerKeyHash(share.infoHash)) ?? [])).toEqual(ownerKeyHash)
    })

    test('keeps the first share of an info hash', async () => {
      await store.add(newShare('a'))
      expect(await store.add({ ...newShare('a'), title: 'Other', ownerKeyHash: new Uint8Array(32) })).toBe(
        false,
      )
      expect((await store.find(hash('a')))?.title).toBe('Title')
      expect((await store.findOwnerKeyHash(hash('a')))?.[0]).toBe(7)
    })

    test('changes only the words that are named, and of one share', async () => {
      await store.add(newShare('a'))
      await store.add(newShare('b'))
      const at = new Date('2026-02-03T00:00:00Z')
      const updated = await store.update(hash('a'), { description: '' }, at)
      expect(updated).toMatchObject({ title: 'Title', description: '', updatedAt: at })
      expect(await store.find(hash('a'))).toEqual(updated)
      expect((await store.find(hash('b')))?.description).toBe('Words')
    })

    test('lists and removes', async () => {
      await store.add(newShare('a'))
      await store.add(newShare('b'))
      expect([...(await store.listInfoHashes())].sort()).toEqual([hash('a'), hash('b')])
      expect(await store.remove(hash('a'))).toBe(true)
      expect(await store.remove(hash('a'))).toBe(false)
      expect(await store.listInfoHashes()).toEqual([hash('b')])
    })

    test('says undefined of what it does not have', async () => {
      expect(await store.find(hash('c'))).toBeUndefined()
      expect(await store.findTorrent(hash('c'))).toBeUndefined()
      expect(await store.findOwnerKeyHash(hash('c'))).toBeUndefined()
      expect(await store.update(hash('c'), { title: 'x' }, new Date())).toBeUndefined()
    })
  })
}

const folder = tempFolder()
afterEach(() => folder[Symbol.dispose]())
let files = 0

describeShareStore('SQLite in memory', () => openSqliteShareStore(':memory:'))
describeShareStore('SQLite file', () => {
  files += 1
  return openShareDirectory(join(folder.path, String(files)))
})

describe('SQLite file', () => {
  test('keeps shares over a restart, in a directory for its owner alone', async () => {
    const directory = join(folder.path, 'new', 'data')
    const first = await openShareDirectory(directory)
    await first.add(newShare('a'))
    await first.close()
    const second = await openShareDirectory(directory)
    expect(await second.listInfoHashes()).toEqual([hash('a')])
    await second.close()
    expect(statSync(directory).mode & 0o777).toBe(0o700)
  })
})
