import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { type Kept, type KeptRecord, KeptRecords } from '../../../server/seeder/process/cache-records.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { torrentNamed } from '../../support/content/shares.ts'

let outer: ReturnType<typeof tempFolder>
let folder: string
beforeEach(() => {
  outer = tempFolder()
  folder = join(outer.path, 'seeder')
})
afterEach(() => outer[Symbol.dispose]())

async function keptNamed(name: string, more: Partial<KeptRecord> = {}): Promise<Kept> {
  const torrent = torrentNamed(name)
  const metainfo = await parseMetainfo(torrent)
  const { infoHash, length } = metainfo
  const record = { infoHash, length, keptSince: 1000, usedAt: 2000, uploaded: 3, pinned: false, ...more }
  return { record, torrent, metainfo }
}

const recordsOf = async (records: KeptRecords) => (await records.load()).map(({ record }) => record)

describe('what the seeder keeps', () => {
  it('is there again with another process, and nothing beside it', async () => {
    const records = new KeptRecords(folder)
    expect(await records.load()).toEqual([])
    const [one, two] = [await keptNamed('one'), await keptNamed('two', { pinned: true })]
    await records.add(one)
    await records.add(two)
    await records.save({ ...one.record, uploaded: 77 })

    const found = await recordsOf(new KeptRecords(folder))
    expect(new Map(found.map(record => [record.infoHash, record]))).toEqual(
      new Map([
        [one.record.infoHash, { ...one.record, uploaded: 77 }],
        [two.record.infoHash, two.record],
      ]),
    )
    const names = [one, two].flatMap(({ record }) => [
      `${record.infoHash}.json`,
      `${record.infoHash}.torrent`,
    ])
    expect(readdirSync(folder).sort()).toEqual(names.sort())
    expect(readdirSync(outer.path)).toEqual(['seeder'])
  })

  it('ends with its torrent: what is removed is not taken up again', async () => {
    const records = new KeptRecords(folder)
    await records.load()
    const { record } = await keptNamed('gone')
    await records.add(await keptNamed('gone'))
    await records.remove(record.infoHash)
    await records.remove(record.infoHash)
    expect(readdirSync(folder)).toEqual([])
  })

  it('takes no room when it was being let go of at a kill', async () => {
    const records = new KeptRecords(folder)
    await records.load()
    const { infoHash } = (await keptNamed('kept')).record
    const unread = 'e'.repeat(40)
    await records.add(await keptNamed('kept'))
    writeFileSync(join(folder, `${unread}.torrent`), 'damaged')
    for (const name of [infoHash, unread, 'f'.repeat(40), 'somebody else’s']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, '0'), 'bytes')
    }
    await records.load()
    expect(readdirSync(folder).filter(name => !name.includes('.'))).toEqual(
      [infoHash, unread, 'somebody else’s'].sort(),
    )
  })

  it('is the old or the new after a kill: a half-written one counts for nothing', async () => {
    const records = new KeptRecords(folder)
    await records.load()
    const kept = await keptNamed('killed')
    await records.add(kept)
    const { infoHash } = kept.record
    writeFileSync(join(folder, `${infoHash}.json.new`), '{"keptSi')
    writeFileSync(join(folder, `${infoHash}.torrent.new`), kept.torrent.subarray(0, 20))
    const other = await keptNamed('killed before it was whole')
    writeFileSync(join(folder, `${other.record.infoHash}.torrent.new`), other.torrent)
    expect(await recordsOf(new KeptRecords(folder))).toEqual([kept.record])

    await records.save({ ...kept.record, uploaded: 9 })
    expect(await recordsOf(records)).toMatchObject([{ infoHash, uploaded: 9 }])
  })

  it('is kept as if new when how it was used can no longer be read', async () => {
    const records = new KeptRecords(folder)
    await records.load()
    const kept = await keptNamed('unread')
    await records.add(kept)
    const path = join(folder, `${kept.record.infoHash}.json`)
    for (const damage of ['', 'null', '{"keptSince":1e999}', '{"keptSince":"1"}', '\u0000'.repeat(90)]) {
      writeFileSync(path, damage)
      const before = Date.now()
      const [record] = await recordsOf(records)
      expect(record, damage).toMatchObject({ length: 100, uploaded: 0, pinned: false })
      expect(record?.keptSince).toBeGreaterThanOrEqual(before)
    }
  })

  it('passes over what is not a share: damaged, under another hash, or no file', async () => {
    const records = new KeptRecords(folder)
    await records.load()
    const [good, other] = [await keptNamed('good'), await keptNamed('other')]
    await records.add(good)
    const hash = (digit: string) => `${digit.repeat(40)}.torrent`
    writeFileSync(join(folder, hash('a')), good.torrent)
    writeFileSync(join(folder, `${other.record.infoHash}.torrent`), other.torrent.subarray(0, -5))
    writeFileSync(join(folder, hash('b')), '')
    writeFileSync(join(folder, 'published.json'), '{}')
    mkdirSync(join(folder, hash('c')))
    symlinkSync(join(outer.path, 'nowhere'), join(folder, hash('d')))
    expect(await recordsOf(records)).toEqual([good.record])
    // Left as it was: somebody may still want to look.
    expect(readFileSync(join(folder, hash('a')))).toEqual(Buffer.from(good.torrent))
  })
})
