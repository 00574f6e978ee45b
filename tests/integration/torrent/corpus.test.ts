import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type Encodable, Encoded, encode } from '../../../lib/torrent/bencode.ts'
import { LOCAL_LIMITS, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { sized } from '../../support/long.ts'

/** `.torrent` files of every form that programs have written, combined at random. */
const COUNT = sized({ gate: 100, long: 300 })
/** The same files in each run: a failure can be looked at again. */
const SEED = 20_261_128

const run = promisify(execFile)
const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())

const GBK_NAME = new Uint8Array([0xd6, 0xd0, 0xce, 0xc4])
const latin1 = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))

type Entries = readonly (readonly [key: string, value: Encodable])[]

/** A dictionary with its keys in the given order, which `encode` would sort. */
const inOrder = (entries: Entries): Encoded => {
  const parts = entries.flatMap(([key, value]) => [encode(latin1(key)), encode(value)])
  return new Encoded(Buffer.concat([latin1('d'), ...parts, latin1('e')]))
}

const name = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a.txt', 'read me.md', 'ü.bin', '日本語.txt', 'aux.c', 'CON', 'end.'),
  },
  fc.constantFrom('R1/beta6', 'a\\b', 'a\nb', 'tab\t', `${'x'.repeat(300)}.tar.gz`, '日'.repeat(90)),
)
const path = fc.array(name, { minLength: 1, maxLength: 3 })
const file = fc.record({
  path,
  length: fc.nat(50_000),
  attr: fc.option(fc.constantFrom('x', 'p', 'h'), { nil: undefined }),
  utf8: fc.boolean(),
})
const form = fc.record({
  name,
  gbk: fc.constantFrom('no', 'utf-8 beside it', 'encoding'),
  files: fc.option(fc.array(file, { minLength: 1, maxLength: 6 }), { nil: undefined, freq: 2 }),
  length: fc.integer({ min: 1, max: 200_000 }),
  pieceLength: fc.constantFrom(16_384, 8192, 65_536, 786_432, 1_000_000, 4_192_256, 2 ** 27),
  shuffle: fc.constantFrom('none', 'around', 'info'),
  extra: fc.constantFrom('none', 'private', 'source', 'unknown', 'empty list'),
  around: fc.constantFrom('none', 'trackers', 'web seed', 'repeated', 'odd types'),
  tail: fc.constantFrom('', '', '\r\n', '\0\0\0', 'junk'),
})
type Form = typeof form extends fc.Arbitrary<infer Value> ? Value : never

const reversed = (entries: Entries, yes: boolean): Entries =>
  yes ? [...entries].reverse() : [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

/** The bytes of a `.torrent`, and of its info dictionary as they stand in it. */
function build(form: Form): { torrent: Uint8Array; infoBytes: Uint8Array } {
  const files = form.files?.some(({ length }) => length > 0) ? form.files : undefined
  const length = files ? files.reduce((sum, entry) => sum + entry.length, 0) : form.length
  const named: Entries =
    form.gbk === 'no'
      ? [['name', form.name]]
      : [['name', GBK_NAME], ...(form.gbk === 'utf-8 beside it' ? [['name.utf-8', '中文'] as const] : [])]
  const info: Entries = [
    ...named,
    ['piece length', form.pieceLength],
    ['pieces', new Uint8Array(20 * Math.ceil(length / form.pieceLength))],
    files
      ? [
          'files',
          files.map(entry =>
            inOrder([
              ...(entry.attr ? ([['attr', entry.attr]] as const) : []),
              ['length', entry.length],
              ['path', entry.path],
              ...(entry.utf8 ? ([['path.utf-8', entry.path]] as const) : []),
            ]),
          ),
        ]
      : ['length', length],
    ...(form.extra === 'private' ? ([['private', 1]] as const) : []),
    ...(form.extra === 'source' ? ([['source', 'club']] as const) : []),
    ...(form.extra === 'unknown' ? ([['x-made-by', new Map([['a', [1, 'b']]])]] as const) : []),
    ...(form.extra === 'empty list' ? ([['collections', []]] as const) : []),
  ]
  const infoDictionary = inOrder(reversed(info, form.shuffle === 'info'))
  const around: Entries = [
    ['announce', 'http://tracker.example/announce'],
    ...(form.gbk === 'encoding' ? ([['encoding', 'GBK']] as const) : []),
    ...(form.around === 'trackers' ? ([['announce-list', [['http://a.example/'], []]]] as const) : []),
    ...(form.around === 'web seed' ? ([['url-list', 'http://w.example/']] as const) : []),
    ...(form.around === 'odd types'
      ? ([
          ['comment', 7],
          ['created by', ['x']],
        ] as const)
      : []),
    ['info', infoDictionary],
  ]
  const ordered = [...reversed(around, form.shuffle === 'around')]
  if (form.around === 'repeated') ordered.push(['announce', 'http://second.example/announce'])
  const torrent = Buffer.concat([inOrder(ordered).bytes, latin1(form.tail)])
  return { torrent, infoBytes: infoDictionary.bytes }
}

/** The info hash that a command prints for the file at `path`; null when it does not read it. */
async function hashBy(command: 'aria2c' | 'transmission-show', path: string): Promise<string | null> {
  const args = command === 'aria2c' ? ['--no-conf', '-S', path] : [path]
  try {
    const { stdout } = await run(command, args)
    return /Hash: ([0-9a-f]{40})/.exec(stdout)?.[1] ?? null
  } catch {
    return null
  }
}

describe('torrents of every form that is in use', () => {
  const samples = fc.sample(form, { numRuns: COUNT, seed: SEED })

  test(`whatever Transmission or aria2 read of ${COUNT}, we read, with the same info hash`, {
    tags: 'sized',
    timeout: sized({ gate: 120_000, long: 600_000 }),
  }, async () => {
    let compared = 0
    for (const [index, sample] of samples.entries()) {
      const { infoBytes, torrent } = build(sample)
      const path = join(folder.path, `${index}.torrent`)
      writeFileSync(path, torrent)
      const theirs = await Promise.all([hashBy('transmission-show', path), hashBy('aria2c', path)])
      const read = theirs.filter(hash => hash !== null)
      if (read.length === 0) continue
      const metainfo = await parseMetainfo(torrent, LOCAL_LIMITS).catch(reason => {
        throw new Error(`not read: ${JSON.stringify(sample)}`, { cause: reason })
      })
      expect(metainfo.infoHash).toBe(createHash('sha1').update(infoBytes).digest('hex'))
      // Both encode the info dictionary again, so that theirs is not the hash of one whose keys are not sorted.
      if (sample.shuffle !== 'info') {
        for (const hash of read) expect(hash).toBe(metainfo.infoHash)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(COUNT / 2)
  })

  test('every file of them has a place of its own inside the folder', async () => {
    for (const sample of samples) {
      const metainfo = await parseMetainfo(build(sample).torrent, LOCAL_LIMITS)
      const places = metainfo.files.filter(({ padding }) => !padding).map(({ path }) => path)
      for (const component of [metainfo.name, ...places.flat()]) {
        expect(component).not.toMatch(/^\.{0,2}$|[/\\\p{Cc}]/u)
        expect(Buffer.byteLength(component)).toBeLessThanOrEqual(255)
      }
      expect(new Set(places.map(place => place.join('/'))).size).toBe(places.length)
    }
  })
})
