import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { createLog } from '../../../server/base/log.ts'
import { digestOf, etagOfParts } from '../../../server/bucket/digests.ts'
import { Health } from '../../../server/bucket/health.ts'
import { headersOf, keyOf, partBytesOf, prefixOf, shareOfKey } from '../../../server/bucket/keys.ts'
import { Lanes } from '../../../server/bucket/lanes.ts'
import { DamagedPieceError, PieceStream } from '../../../server/bucket/piece-stream.ts'
import { addressOf } from '../../../server/bucket/s3.ts'
import { packMetainfo } from '../../../server/shares/metainfo/packed-metainfo.ts'
import { noise } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'

const MIB = 1024 * 1024
const HASH = 'a1'.repeat(20) as InfoHash

describe('keys', () => {
  test('name the share and the file, and are told from those of others', () => {
    expect([prefixOf(HASH), keyOf(HASH, 12)]).toEqual([`${HASH}/`, `${HASH}/12`])
    expect(shareOfKey(keyOf(HASH, 12))).toBe(HASH)
    for (const other of [
      HASH,
      `${HASH}/`,
      `${HASH}/a`,
      `x${HASH}/1`,
      `${HASH}/1/2`,
      `${HASH.toUpperCase()}/1`,
    ])
      expect(shareOfKey(other), other).toBeNull()
  })

  test.each([
    [1, 8 * MIB],
    [80_000 * MIB, 8 * MIB],
    [80_000 * MIB + 1, 9 * MIB],
    [640_000 * MIB, 64 * MIB],
    [640_000 * MIB + 1, null],
  ])('a file of %d bytes has parts of %s', (length, bytes) => {
    expect(partBytesOf(length)).toBe(bytes)
    if (bytes !== null) expect(Math.ceil(length / bytes)).toBeLessThanOrEqual(10_000)
  })

  test('a page is saved, never shown', () => {
    expect(headersOf('a.html').disposition).toMatch(/^attachment;/)
  })

  test.each([
    ['https://s3.example.org/files', { endpoint: 'https://s3.example.org', name: 'files' }],
    ['http://10.0.0.5:9000/my.files/', { endpoint: 'http://10.0.0.5:9000', name: 'my.files' }],
  ])('the bucket %s', (url, address) => expect(addressOf(url)).toEqual(address))
})

describe('digests', () => {
  test('are those of the whole, whatever its length', async () => {
    for (const length of [0, 1, MIB, 2 * MIB + 3]) {
      const bytes = noise(length, 3)
      expect(await digestOf('md5', bytes)).toEqual(createHash('md5').update(bytes).digest())
    }
    const md5 = (text: string) => createHash('md5').update(text).digest()
    expect(etagOfParts([md5('a'), md5('b')])).toMatch(/^[0-9a-f]{32}-2$/)
  })
})

describe('a stream of pieces', () => {
  const sample = () =>
    publishedContent('x', { a: noise(40_000, 1), b: noise(100, 2), c: noise(60_000, 3) }, 32_768)

  test.each([997, 7_000, 32_768, 200_000])('passes right bytes, %d at a time', async step => {
    const { files, metainfo } = await sample()
    const all = Buffer.concat(Object.values(files))
    const stream = new PieceStream(packMetainfo(metainfo))
    for (let at = 0; at < all.length; at += step) await stream.add(all.subarray(at, at + step))
  })

  test('stops at the piece that is wrong', async () => {
    const { files, metainfo } = await sample()
    const all = Buffer.concat(Object.values(files))
    all[70_000] = (all[70_000] ?? 0) ^ 1
    const stream = new PieceStream(packMetainfo(metainfo))
    await stream.add(all.subarray(0, 65_536))
    await expect(stream.add(all.subarray(65_536))).rejects.toEqual(new DamagedPieceError(2))
  })

  test('knows padding', async () => {
    const zeros = await publishedContent('zeros', new Uint8Array(3 * MIB + 5), 1_048_576)
    const stream = new PieceStream(packMetainfo(zeros.metainfo))
    await stream.addZeros(3 * MIB + 5)
  })
})

describe('lanes', () => {
  test('run so many tasks at a time, and tell of the first that failed', async () => {
    const lanes = new Lanes(2)
    const ends: (() => void)[] = []
    let most = 0
    let running = 0
    const task = async () => {
      most = Math.max(most, ++running)
      await new Promise<void>(resolve => ends.push(resolve))
      running--
    }
    await lanes.add(task)
    await lanes.add(task)
    const third = lanes.add(task)
    ends.shift()?.()
    await third
    for (const end of ends) end()
    await lanes.done()
    expect(most).toBe(2)
    await lanes.add(() => Promise.reject(new Error('first')))
    await lanes.settled()
    await expect(lanes.add(task)).rejects.toThrow('first')
    await expect(lanes.done()).rejects.toThrow('first')
  })
})

test('whether the bucket is away is said once, and it is asked less and less often', async () => {
  let lines = ''
  const log = createLog('info', line => {
    lines += line
  })
  const health = new Health(log, 40)
  expect([health.isAway, health.mayAsk]).toEqual([false, true])
  for (let failure = 0; failure < 3; failure++) health.failed('ECONNREFUSED')
  expect([health.isAway, health.mayAsk]).toEqual([true, false])
  await vi.waitFor(() => expect(health.mayAsk, 'time to ask again').toBe(true), {
    timeout: 10_000,
    interval: 5,
  })
  health.succeeded()
  health.succeeded()
  expect([health.isAway, health.mayAsk]).toEqual([false, true])
  expect(
    lines
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).msg),
  ).toEqual(['the bucket is away: files come from this server, and it is asked again', 'the bucket is back'])
})
