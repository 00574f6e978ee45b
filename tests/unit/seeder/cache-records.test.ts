import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { createLog } from '../../../server/base/log.ts'
import {
  type CacheEntry,
  type CacheRecord,
  CacheRecords,
} from '../../../server/seeder/process/cache-records.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { torrentNamed } from '../../support/content/shares.ts'

const log = createLog('silent')
let outer: ReturnType<typeof tempFolder>
let folder: string
beforeEach(() => {
  outer = tempFolder()
  folder = join(outer.path, 'seeder')
})
afterEach(() => outer[Symbol.dispose]())

async function entryNamed(name: string, more: Partial<CacheRecord> = {}): Promise<CacheEntry> {
  const torrent = torrentNamed(name)
  const metainfo = await parseMetainfo(torrent)
  const { infoHash, length } = metainfo
  const unused = {
    keptSince: 1000,
    usedAt: 2000,
    uploaded: 3,
    checkedAt: null,
    pinned: false,
    unlistedMs: null,
  }
  const record = { infoHash, length, ...unused, ...more }
  return { record, torrent, metainfo }
}

const recordsOf = async (records: CacheRecords) => (await records.load()).map(({ record }) => record)

describe('records of cached shares', () => {
  it('are read by another process, and leave no other files', async () => {
    const records = new CacheRecords(folder, log)
    expect(await records.load()).toEqual([])
    const [one, two] = [await entryNamed('one'), await entryNamed('two', { pinned: true })]
    await records.add(one)
    await records.add(two)
    await records.save({ ...one.record, uploaded: 77 })

    const found = await recordsOf(new CacheRecords(folder, log))
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

  it("that are cut, or another share's, are logged and left on disk", async () => {
    const lines: string[] = []
    const records = new CacheRecords(
      folder,
      createLog('info', line => lines.push(line)),
    )
    await records.load()
    const [cut, swapped, whole] = [
      await entryNamed('cut'),
      await entryNamed('swapped'),
      await entryNamed('whole'),
    ]
    for (const entry of [cut, swapped, whole]) await records.add(entry)
    const place = ({ record }: CacheEntry) => join(folder, `${record.infoHash}.torrent`)
    writeFileSync(place(cut), cut.torrent.subarray(0, 50))
    writeFileSync(place(swapped), whole.torrent)
    writeFileSync(join(folder, `${whole.record.infoHash}.json`), '{"keptSince":')
    const found = await recordsOf(records)
    expect(found.map(({ infoHash }) => infoHash)).toEqual([whole.record.infoHash])
    const files = lines.map(line => JSON.parse(line).file).sort()
    expect(files).toEqual([place(cut), place(swapped), join(folder, `${whole.record.infoHash}.json`)].sort())
    expect(readFileSync(place(cut))).toHaveLength(50)
  })

  it('end with the torrent: a removed share is not resumed', async () => {
    const records = new CacheRecords(folder, log)
    await records.load()
    const { record } = await entryNamed('gone')
    await records.add(await entryNamed('gone'))
    await records.remove(record.infoHash)
    await records.remove(record.infoHash)
    expect(readdirSync(folder)).toEqual([])
  })

  it('leave no bytes of a share that was being dropped at a kill', async () => {
    const records = new CacheRecords(folder, log)
    await records.load()
    const { infoHash } = (await entryNamed('kept')).record
    const unread = 'e'.repeat(40)
    await records.add(await entryNamed('kept'))
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

  it('are the old or the new one after a kill: a half-written one is ignored', async () => {
    const records = new CacheRecords(folder, log)
    await records.load()
    const kept = await entryNamed('killed')
    await records.add(kept)
    const { infoHash } = kept.record
    writeFileSync(join(folder, `${infoHash}.json.new`), '{"keptSi')
    writeFileSync(join(folder, `${infoHash}.torrent.new`), kept.torrent.subarray(0, 20))
    const other = await entryNamed('killed before it was whole')
    writeFileSync(join(folder, `${other.record.infoHash}.torrent.new`), other.torrent)
    expect(await recordsOf(new CacheRecords(folder, log))).toEqual([kept.record])

    await records.save({ ...kept.record, uploaded: 9 })
    expect(await recordsOf(records)).toMatchObject([{ infoHash, uploaded: 9 }])
  })

  it('start over when the usage of a share cannot be read', async () => {
    const records = new CacheRecords(folder, log)
    await records.load()
    const kept = await entryNamed('unread')
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

  it('ignore what is not a share: damaged, under another hash, or not a file', async () => {
    const records = new CacheRecords(folder, log)
    await records.load()
    const [good, other] = [await entryNamed('good'), await entryNamed('other')]
    await records.add(good)
    const hash = (digit: string) => `${digit.repeat(40)}.torrent`
    writeFileSync(join(folder, hash('a')), good.torrent)
    writeFileSync(join(folder, `${other.record.infoHash}.torrent`), other.torrent.subarray(0, -5))
    writeFileSync(join(folder, hash('b')), '')
    writeFileSync(join(folder, 'published.json'), '{}')
    mkdirSync(join(folder, hash('c')))
    symlinkSync(join(outer.path, 'nowhere'), join(folder, hash('d')))
    expect(await recordsOf(records)).toEqual([good.record])
    // It is left as it was, for an operator to inspect.
    expect(readFileSync(join(folder, hash('a')))).toEqual(Buffer.from(good.torrent))
  })
})
