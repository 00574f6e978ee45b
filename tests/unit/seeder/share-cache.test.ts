import { beforeEach, describe, expect, it, vi } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { LocalShare } from '../../../server/seeder/publish-folder/local-share.ts'
import { packMetainfo } from '../../../server/shares/metainfo/packed-metainfo.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { FakeSeeder, metainfo, NOTHING, torrent } from '../../support/fakes/fake-seeder.ts'

const { infoHash } = metainfo
const other = (await parseMetainfo(torrentNamed('other'))).infoHash

let seeder: FakeSeeder
beforeEach(() => {
  seeder = new FakeSeeder()
})

const local = () => new LocalShare(packMetainfo(metainfo), torrent, [])

describe('a share that its owner wants cached', () => {
  it('is requested, then cached, and reported with what the seeder has', async () => {
    const cache = seeder.cache()
    expect(cache.state(infoHash)).toEqual(NOTHING)
    await cache.request(infoHash)
    expect(seeder.sent).toEqual([{ do: 'keep', torrent, pinned: false, again: true }])
    expect(cache.state(infoHash)).toEqual({ ...NOTHING, asked: true })
    expect(cache.find(infoHash)).toBeNull()

    await seeder.cached()
    const share = cache.find(infoHash)
    expect(share).toMatchObject({ complete: false, metainfo: { infoHash } })
    await seeder.reports({ have: 40, complete: false, problem: 'storage_full' })
    expect(cache.state(infoHash)).toEqual({
      offered: true,
      asked: true,
      kept: 'partial',
      have: 40,
      checkedAt: null,
      problem: 'server_full',
    })
    expect(cache.copies(infoHash)).toBeNull()
    await seeder.reports()
    expect(cache.state(infoHash)).toMatchObject({ kept: 'yes', have: 100, checkedAt: null, problem: null })
    expect(cache.copies(infoHash)).toBe(2.5)
    expect(cache.find(infoHash)).toBe(share)
    // Told twice, it is the same share.
    await seeder.cached()
    expect(cache.find(infoHash)).toBe(share)
  })

  it('dropped while it is requested, is not requested after all', async () => {
    const torrentRead = Promise.withResolvers<Uint8Array>()
    const cache = seeder.cache({ torrentOf: () => torrentRead.promise })
    const request = cache.request(infoHash)
    cache.release(infoHash)
    torrentRead.resolve(torrent)
    await request
    expect(seeder.got()).toEqual(['drop'])
    expect(cache.state(infoHash)).toEqual(NOTHING)
  })

  it('dropped before the seeder confirms the request, stays dropped', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    cache.release(infoHash)
    await seeder.cached()
    expect(cache.state(infoHash)).toEqual(NOTHING)
    expect(cache.find(infoHash)).toBeNull()
    await seeder.dropped()
    await seeder.ready()
    expect(seeder.got()).toEqual(['keep', 'drop', 'retain'])
  })

  it('requested again while it is dropped, is cached', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.cached()
    cache.release(infoHash)
    await cache.request(infoHash)
    expect(seeder.got()).toEqual(['keep', 'drop', 'keep'])
    await seeder.dropped()
    await seeder.cached()
    await seeder.reports()
    expect(cache.state(infoHash)).toMatchObject({ asked: true, kept: 'yes' })
  })

  it('refused, shows why, also after it is released, until it is requested again', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.refused()
    const refused = { ...NOTHING, problem: 'seeder_full' }
    expect(cache.state(infoHash)).toEqual(refused)
    await seeder.ready()
    expect(seeder.got()).toEqual(['keep', 'retain'])
    cache.release(infoHash)
    expect(cache.state(infoHash)).toEqual(refused)
    await seeder.dropped()
    expect(cache.state(infoHash)).toEqual(refused)
    await cache.request(infoHash)
    expect(cache.state(infoHash)).toEqual({ ...NOTHING, asked: true })
    await seeder.cached()
    expect(cache.state(infoHash)).toEqual({ ...NOTHING, asked: true })
  })

  it('refused after it was released, shows why too', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    cache.release(infoHash)
    await seeder.refused()
    await seeder.dropped()
    expect(cache.state(infoHash)).toEqual({ ...NOTHING, problem: 'seeder_full' })
  })

  it('evicted by the seeder, is neither cached nor requested', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.cached()
    await seeder.dropped('evicted')
    expect(cache.state(infoHash)).toEqual(NOTHING)
    expect(cache.find(infoHash)).toBeNull()
    await seeder.ready()
    expect(seeder.got()).toEqual(['keep', 'retain'])
  })

  it('deleted, is served no more from that moment, also while it is on its way out', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.cached()
    cache.remove(infoHash)
    expect(cache.find(infoHash)).toBeNull()
    await seeder.cached()
    expect(cache.find(infoHash)).toBeNull()
    // A restarted seeder may not know yet.
    seeder.got()
    await seeder.ready(infoHash)
    expect(seeder.sent.splice(0)).toEqual([
      { do: 'retain', infoHashes: [] },
      { do: 'drop', infoHash },
    ])
    await seeder.dropped()
    await seeder.ready()
    expect(seeder.got()).toEqual(['retain'])
    expect(cache.totals()).toMatchObject({ complete: 0, partial: 0 })
  })
})

describe('a share of the publish folder', () => {
  it('is seeded from there, and again by a restarted seeder', async () => {
    const cache = seeder.cache({ mode: 'never' }, [])
    const share = local()
    cache.adopt(share)
    // Not published yet.
    expect(cache.find(infoHash)).toBeNull()
    cache.seed(infoHash)
    expect(cache.find(infoHash)).toBe(share)
    expect(cache.state(infoHash)).toEqual({
      offered: true,
      asked: true,
      kept: 'yes',
      have: 100,
      checkedAt: null,
      problem: null,
    })
    expect(cache.totals()).toMatchObject({ complete: 1, have: 0 })
    seeder.got()
    await seeder.ready()
    expect(seeder.got()).toEqual(['retain', 'seed'])
    // It needs no copy.
    await cache.pin(infoHash)
    expect(seeder.got()).toEqual([])
    cache.drop(infoHash)
    expect(cache.find(infoHash)).toBeNull()
    await seeder.ready()
    expect(seeder.got()).toEqual(['drop', 'retain', 'drop'])
  })

  it('takes the place of a cached copy, which a restarted seeder drops first', async () => {
    const cache = seeder.cache()
    await cache.pin(infoHash)
    await seeder.cached()
    cache.drop(infoHash)
    const share = local()
    cache.adopt(share)
    cache.seed(infoHash)
    expect(seeder.got()).toEqual(['keep', 'drop', 'seed'])
    await seeder.ready(infoHash)
    expect(seeder.got()).toEqual(['retain', 'drop', 'seed'])
    await seeder.dropped()
    expect(cache.find(infoHash)).toBe(share)
    await seeder.ready()
    expect(seeder.got()).toEqual(['retain', 'seed'])
  })
})

describe('where every share is cached', () => {
  it('those published before are requested unless they were dropped, new ones in any case', async () => {
    const cache = seeder.cache({ mode: 'always' })
    expect(cache.state(infoHash)).toEqual({ ...NOTHING, asked: true })
    await seeder.ready()
    expect(seeder.sent.splice(0)).toEqual([
      { do: 'retain', infoHashes: [infoHash] },
      { do: 'keep', torrent, pinned: false, again: false },
    ])
    cache.admit(other)
    cache.requestUnasked(other)
    await vi.waitFor(() => expect(seeder.sent).toEqual([{ do: 'keep', torrent, pinned: false, again: true }]))
  })

  it('one whose torrent is missing is logged and given up', async () => {
    const cache = seeder.cache({ mode: 'always', torrentOf: () => Promise.reject(new Error('missing')) }, [])
    cache.admit(infoHash)
    cache.requestUnasked(infoHash)
    await vi.waitFor(() => expect(seeder.log.error).toHaveBeenCalledOnce())
    expect(cache.state(infoHash)).toEqual(NOTHING)
    expect(seeder.got()).toEqual([])
  })
})

it('with caching off, only the operator may request it', async () => {
  const cache = seeder.cache({ mode: 'never' })
  await expect(cache.request(infoHash)).rejects.toMatchObject({ code: 'keep_alive_off' })
  expect(cache.state(infoHash)).toEqual({ ...NOTHING, offered: false })
  await cache.pin(infoHash)
  expect(seeder.sent).toEqual([{ do: 'keep', torrent, pinned: true, again: true }])
})

it('a seeder on another machine has no files that could be served from here', async () => {
  const cache = seeder.cache({ folder: null })
  await seeder.cached()
  await seeder.reports()
  expect(cache.state(infoHash)).toMatchObject({ kept: 'yes' })
  expect(cache.find(infoHash)).toBeNull()
})
