import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { createLog } from '../../../server/base/log.ts'
import { Bucket } from '../../../server/bucket/bucket.ts'
import { openS3 } from '../../../server/bucket/s3.ts'
import { openStores, type Stores } from '../../../server/shares/database.ts'
import { storedContent } from '../../../server/shares/publishing/new-content.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { type Published, publishedContent, TestHostedShares } from '../../support/content/hosted-shares.ts'
import { ACCOUNT, startS3, type TestS3 } from '../../support/s3/s3-server.ts'

const MIB = 1024 * 1024
const LIMIT = { timeout: 30_000, interval: 20 }

/** The bucket of a server, with the storage of the tests, a database in memory, and shares on a disk. */
describe('a bucket', () => {
  let s3: TestS3
  let stores: Stores
  let lines: string
  let hosted: TestHostedShares
  let bucket: Bucket | null
  let held: InfoHash[]
  let folder: ReturnType<typeof tempFolder>
  beforeEach(async () => {
    s3 = await startS3()
    stores = await openStores(new Database(':memory:'))
    folder = tempFolder()
    hosted = new TestHostedShares(folder.path)
    bucket = null
    held = []
    lines = ''
  })
  afterEach(async () => {
    await bucket?.close()
    await s3.close()
    await stores.close()
    folder[Symbol.dispose]()
    expect(lines).not.toContain(ACCOUNT.secret)
  })

  async function start({ auditMs = 86_400_000 } = {}) {
    const key = { keyId: ACCOUNT.keyId, secret: ACCOUNT.secret }
    bucket = await Bucket.open({
      objects: await openS3({ bucket: s3.url, bucketRegion: ACCOUNT.region, ...key }),
      store: stores.bucket,
      publicUrl: undefined,
      shares: () => ({ find: infoHash => hosted.find(infoHash), complete: () => held }),
      node: () => 'here',
      leads: () => true,
      log: createLog('info', line => {
        lines += line
      }),
      retryMaxMs: 50,
      auditMs,
    })
    bucket.start()
    return bucket
  }

  async function publish(published: Published) {
    const { infoHash, length, pieceLength, pieceCount, name } = published.metainfo
    await stores.shares.add({
      infoHash,
      infoBytes: Uint8Array.of(1),
      contentDigest: null,
      comment: '',
      content: storedContent({
        name,
        length,
        pieceLength,
        pieceCount,
        private: false,
        singleFile: false,
        files: [],
      }),
      title: '',
      listed: false,
      publisher: null,
      expiresAt: null,
      downloadsMax: null,
      description: '',
      ownerKeyHash: new Uint8Array(32),
      createdAt: new Date(),
    })
    const share = hosted.hold(published)
    held.push(infoHash)
    return { infoHash, share }
  }

  const folderOf = () =>
    publishedContent('folder', {
      'a.txt': noise(10_000, 1),
      'sub/ü b.mp4': noise(70_000, 2),
      empty: new Uint8Array(),
      c: noise(5, 3),
    })
  const large = () => publishedContent('large.bin', noise(20 * MIB, 7), 256 * 1024)
  const keys = () => [...s3.content.objects.keys()].sort()
  const untilThere = (infoHash: InfoHash) => vi.waitFor(() => expect(bucket?.has(infoHash)).toBe(true), LIMIT)
  const untilEmpty = () =>
    vi.waitFor(() => {
      expect(s3.content.objects.size + s3.content.uploads.size).toBe(0)
      expect(bucket?.totals()).toMatchObject({ complete: 0, uploading: 0, removing: 0 })
    }, LIMIT)
  const sentParts = () =>
    s3.requests.filter(line => line.startsWith('PUT') && line.includes('partNumber')).length

  test('has the files of a share, byte for byte, with their types, and links to them', async () => {
    const published = await folderOf()
    const { infoHash } = await publish(published)
    const { linkTo } = links(await start(), infoHash)
    await untilThere(infoHash)
    expect(keys()).toEqual([0, 1, 3].map(index => `${infoHash}/${index}`))
    expect(bucket?.totals()).toMatchObject({ complete: 1, bytes: 80_005, sent: 80_005, away: false })
    const answer = await fetch(await linkTo(1), { headers: { range: 'bytes=10-19' } })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([206, 'video/mp4'])
    expect(answer.headers.get('content-disposition')).toContain('attachment; filename="_ b.mp4"')
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(noise(70_000, 2).slice(10, 20))
    expect((await fetch(await linkTo(1, 'HEAD'), { method: 'HEAD' })).status).toBe(200)

    // Ten minutes, one file, one method.
    const link = await linkTo(1)
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(403)
    expect((await fetch(link.replace(/\/1\?/, '/0?'))).status).toBe(403)
    s3.now = () => new Date(Date.now() + 590_000)
    expect((await fetch(link)).status).toBe(200)
    s3.now = () => new Date(Date.now() + 610_000)
    expect((await fetch(link)).status).toBe(403)
  })

  test('gets a large file in parts, and goes on with it after an interruption', async () => {
    const published = await large()
    const { infoHash } = await publish(published)
    // The third part never arrives.
    s3.interfere = request => /partNumber=3/.test(request.url ?? '')
    const first = await start()
    await vi.waitFor(() => expect([...s3.content.uploads.values()][0]?.parts.size).toBe(2), LIMIT)
    await first.close()
    expect([s3.content.uploads.size, keys()]).toEqual([1, []])

    s3.interfere = () => false
    const before = sentParts()
    await start()
    await untilThere(infoHash)
    expect(sentParts() - before).toBe(1)
    expect(s3.content.uploads.size).toBe(0)
    const object = s3.content.objects.get(`${infoHash}/0`)
    expect(sha256(object?.bytes)).toBe(sha256(published.files['large.bin']))

    // What is there already is found again, and not sent.
    await stores.bucket.reopen(infoHash, new Date())
    const again = sentParts()
    await bucket?.close()
    await start()
    await untilThere(infoHash)
    expect(sentParts()).toBe(again)
  })

  test('is not taken for complete with a damaged piece, nor with other bytes than those that were checked', async () => {
    const published = await folderOf()
    const { infoHash, share } = await publish(published)
    const bytes = noise(70_000, 2)
    writeFileSync(share.path(1), bytes.with(40_000, (bytes[40_000] ?? 0) ^ 1))
    await start()
    await vi.waitFor(() => expect(share.damagedPieces).toEqual([3]), LIMIT)
    expect(bucket?.has(infoHash)).toBe(false)
    await bucket?.close()

    writeFileSync(share.path(1), bytes)
    await start()
    await untilThere(infoHash)
    expect(sha256(s3.content.objects.get(`${infoHash}/1`)?.bytes)).toBe(sha256(bytes))
  })

  test('is emptied of a share that is taken down, while it is uploaded too', async () => {
    const [tree, file] = [await publish(await folderOf()), await publish(await large())]
    s3.interfere = request => /partNumber=3/.test(request.url ?? '')
    await start()
    await untilThere(tree.infoHash)
    await vi.waitFor(() => expect([...s3.content.uploads.values()][0]?.parts.size).toBe(2), LIMIT)
    for (const { infoHash } of [tree, file]) {
      await stores.shares.remove(infoHash)
      hosted.remove(infoHash)
      bucket?.drop(infoHash)
      expect(bucket?.has(infoHash)).toBe(false)
    }
    await untilEmpty()
  })

  test('is away: one line, and all is made good when it is back', async () => {
    const [kept, gone] = [
      await publish(await folderOf()),
      await publish(await publishedContent('x', noise(9))),
    ]
    await start()
    await untilThere(kept.infoHash)
    await untilThere(gone.infoHash)
    await s3.close()
    await stores.shares.remove(gone.infoHash)
    hosted.remove(gone.infoHash)
    held.splice(1)
    bucket?.drop(gone.infoHash)
    const late = await publish(await publishedContent('late', noise(99)))
    await vi.waitFor(() => expect(bucket?.isAway).toBe(true), LIMIT)
    await vi.waitFor(() => expect(bucket?.totals().removing).toBe(1), LIMIT)
    await s3.open()
    await untilThere(late.infoHash)
    await vi.waitFor(() => expect(keys().some(key => key.startsWith(gone.infoHash))).toBe(false), LIMIT)
    await vi.waitFor(() => expect(bucket?.isAway).toBe(false), LIMIT)
    expect(lines.match(/the bucket is away/g)).toHaveLength(1)
    expect(lines.match(/the bucket is back/g)).toHaveLength(1)
  })

  test('is emptied of what was removed while the server did not run, and of what belongs to nothing', async () => {
    const { infoHash } = await publish(await folderOf())
    await (await start()).close()
    await start()
    await untilThere(infoHash)
    await bucket?.close()
    await stores.shares.remove(infoHash)
    held.splice(0)
    const orphan = 'e'.repeat(40)
    s3.content.objects.set(`${orphan}/0`, { bytes: noise(3), etag: 'x', headers: {}, modified: new Date(0) })
    s3.content.start(`${orphan}/7`, {})
    s3.content.put('of somebody else', noise(3), {})
    await start({ auditMs: 500 })
    await vi.waitFor(() => expect(keys()).toEqual(['of somebody else']), LIMIT)
    await vi.waitFor(() => expect(s3.content.uploads.size).toBe(0), LIMIT)
  })

  test('keeps for a day what an older database does not know', async () => {
    const { infoHash } = await publish(await folderOf())
    await start()
    await untilThere(infoHash)
    await bucket?.close()
    const before = keys()
    for (const [key, object] of s3.content.objects)
      s3.content.objects.set(key, { ...object, modified: new Date(0) })
    await stores.shares.remove(infoHash)
    await stores.bucket.remove(infoHash, new Date())
    await stores.bucket.gone(infoHash, new Date())
    held.splice(0)
    await start()
    await vi.waitFor(() => expect(lines).toContain('are not in the database'), LIMIT)
    expect(keys()).toEqual(before)
  })

  test('gets again what somebody else deleted there', async () => {
    const { infoHash } = await publish(await folderOf())
    await start()
    await untilThere(infoHash)
    await bucket?.close()
    s3.content.objects.delete(`${infoHash}/1`)
    // What was just uploaded is looked at later.
    await stores.bucket.reopen(infoHash, new Date())
    await stores.bucket.finish(
      infoHash,
      'here',
      { objects: 3, bytes: 80_005 },
      new Date(Date.now() - 7_200_000),
    )
    await start()
    await vi.waitFor(() => expect(keys()).toHaveLength(3), LIMIT)
    await untilThere(infoHash)
  })

  test('that refuses the key says so, and no secret is in the log', async () => {
    await publish(await folderOf())
    s3.interfere = (_, response) => {
      response.writeHead(403).end('<Error><Code>InvalidAccessKeyId</Code><Message>no</Message></Error>')
      return true
    }
    await start()
    await vi.waitFor(() => expect(bucket?.isAway).toBe(true), LIMIT)
    expect(lines).toMatch(/"reason":"[^"]*403/)
    expect(lines).not.toContain(ACCOUNT.keyId)
  })
})

const sha256 = (bytes: Uint8Array = new Uint8Array()) => createHash('sha256').update(bytes).digest('hex')

const links = (bucket: Bucket, infoHash: InfoHash) => ({
  linkTo: (index: number, method: 'GET' | 'HEAD' = 'GET') => bucket.linkTo(infoHash, index, method),
})
