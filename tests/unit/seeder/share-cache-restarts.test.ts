import { beforeEach, describe, expect, it } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { FakeSeeder, metainfo, NOTHING, torrent } from '../../support/fakes/fake-seeder.ts'

const { infoHash } = metainfo
const other = (await parseMetainfo(torrentNamed('other'))).infoHash

let seeder: FakeSeeder
beforeEach(() => {
  seeder = new FakeSeeder()
})

describe('a seeder that restarts', () => {
  it('and still has the share, gets no request for it, unless it is pinned', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.cached()
    seeder.got()
    await seeder.ready(infoHash)
    expect(seeder.got()).toEqual(['retain'])
    expect(cache.find(infoHash)).not.toBeNull()

    await cache.pin(infoHash)
    seeder.got()
    await seeder.ready(infoHash)
    expect(seeder.sent.slice(1)).toEqual([{ do: 'keep', torrent, pinned: true, again: true }])
  })

  it('without the share, gets the request once more, but not if it dropped it in between', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.cached()
    await seeder.reports()
    seeder.got()
    await seeder.ready()
    expect(seeder.sent).toEqual([
      { do: 'retain', infoHashes: [infoHash] },
      { do: 'keep', torrent, pinned: false, again: false },
    ])
    expect(cache.state(infoHash)).toEqual({ ...NOTHING, asked: true })
    await seeder.dropped('before')
    expect(cache.state(infoHash)).toEqual(NOTHING)
  })

  it('before it confirmed a request, gets it again as it was', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    seeder.got()
    await seeder.ready()
    expect(seeder.sent.at(-1)).toEqual({ do: 'keep', torrent, pinned: false, again: true })
  })

  it('with a share that nobody requested here, is believed', async () => {
    const cache = seeder.cache()
    await seeder.ready(infoHash)
    await seeder.cached()
    await seeder.reports({ uploaded: 1000 })
    expect(cache.state(infoHash)).toMatchObject({ asked: true, kept: 'yes' })
    await seeder.reports({ uploaded: 1300 })
    // It counts from 0 again.
    await seeder.reports({ uploaded: 50 })
    await seeder.reports({ uploaded: 150 })
    expect(cache.totals()).toEqual({
      isAway: false,
      complete: 1,
      partial: 0,
      have: 100,
      peers: 2,
      uploaded: 400,
    })
    await seeder.ready()
    expect(cache.state(infoHash)).toEqual(NOTHING)
  })

  it('is away: no request is taken, and nothing is claimed', async () => {
    const cache = seeder.cache()
    await cache.request(infoHash)
    await seeder.cached()
    await seeder.reports()
    seeder.isAway = true
    await expect(cache.request(other)).rejects.toMatchObject({ code: 'seeder_away' })
    await expect(cache.pin(other)).rejects.toMatchObject({ code: 'seeder_away' })
    expect(() => cache.release(infoHash)).toThrow(expect.objectContaining({ code: 'seeder_away' }))
    expect(cache.state(infoHash)).toEqual({
      offered: true,
      asked: true,
      kept: 'no',
      have: 0,
      checkedAt: null,
      problem: 'seeder_away',
    })
    expect(cache.copies(infoHash)).toBeNull()
  })
})
