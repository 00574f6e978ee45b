import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openStoreDirectory } from '../../server/shares/database.ts'
import { storedContent } from '../../server/shares/publishing/new-content.ts'
import type { Content, NewShare, ShareStore } from '../../server/shares/share-store.ts'
import { tempFolder } from '../support/content/fixtures.ts'
import { hash, onEachDatabase } from '../support/contracts/each-database.ts'

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

/** The contract of every `ShareStore`. */
onEachDatabase(current => {
  let store: ShareStore
  const add = (share: Given) => store.add(stored(share))
  beforeEach(() => {
    store = current().shares
  })

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
    const { takedown } = current()
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
    const { takedown } = current()
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

describe('SQLite file', () => {
  test('keeps shares across a restart, in a directory readable by its owner only', async () => {
    using folder = tempFolder()
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
