import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { checkDistinct, checkPath } from '../../../lib/torrent/paths.ts'
import { webSeedFileUrl } from '../../../lib/torrent/web-seed.ts'
import { FilePaths } from '../../../server/web-seeds/file-paths.ts'

function metainfoOf(
  name: string,
  paths: readonly (readonly string[])[],
  { infoHash = 'a'.repeat(40), singleFile = false, padding = new Set<number>() } = {},
): Metainfo {
  return {
    infoHash: infoHash as InfoHash,
    infoBytes: new Uint8Array(),
    name,
    pieceLength: 16_384,
    pieceCount: 1,
    pieces: new Uint8Array(20),
    length: paths.length,
    files: paths.map((path, offset) => ({
      path,
      statedPath: path,
      length: 1,
      offset,
      padding: padding.has(offset),
      executable: false,
      modified: null,
    })),
    singleFile,
    private: false,
    source: '',
    comment: '',
    createdBy: '',
    creationDate: null,
    announceList: [],
    webSeeds: [],
    statedName: name,
    irregularities: new Set(),
  }
}

const isSafe = (paths: readonly (readonly string[])[]) => {
  try {
    for (const path of paths) checkPath(path)
    checkDistinct(paths)
    return true
  } catch {
    return false
  }
}
const component = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom('%2e%2e', '%2F', '%', '+', 'a%20b', ';x', '?', '#', '...', '__proto__', '\u202e'),
)
const tree = fc
  .array(fc.array(component, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .filter(isSafe)

describe('FilePaths', () => {
  test('finds every file at the URL a web seed client makes, whatever its name', () => {
    fc.assert(
      fc.property(tree, component, (paths, name) => {
        fc.pre(isSafe([[name]]))
        const metainfo = metainfoOf(name, paths)
        const files = new FilePaths()
        for (const [index, path] of paths.entries()) {
          const url = new URL(webSeedFileUrl('http://x.example/w/0/', metainfo, path))
          expect(files.find(metainfo, url.pathname.slice('/w/0/'.length))).toBe(index)
        }
      }),
    )
  })

  test('finds a name that holds a slash, encoded or as the pages write it', () => {
    const files = new FilePaths()
    const metainfo = metainfoOf('R1/beta6', [['a/b'], ['c']])
    for (const path of ['R1%2Fbeta6/a%2Fb', 'R1/beta6/a/b']) expect(files.find(metainfo, path)).toBe(0)
    expect(files.find(metainfo, 'R1%2Fbeta6/c')).toBe(1)
    expect(files.find(metainfo, 'R1%2Fbeta6/../c')).toBeUndefined()
  })

  test('finds a file, never padding of the same path', () => {
    const padding = new Set([0, 1, 3])
    const metainfo = metainfoOf('n', [['a'], ['.pad', '7'], ['a'], ['.pad', '7']], { padding })
    const files = new FilePaths()
    expect(files.find(metainfo, 'n/a')).toBe(2)
    expect(files.find(metainfo, 'n/.pad/7')).toBe(1)
  })

  test('tells shares apart, however many are asked for', () => {
    const files = new FilePaths()
    const shares = Array.from({ length: 5 }, (_, share) =>
      metainfoOf(
        'n',
        Array.from({ length: 100_000 }, (_, index) => [`${share}-${index}`]),
        { infoHash: String(share).repeat(40) },
      ),
    )
    for (let round = 0; round < 2; round++) {
      for (const [share, metainfo] of shares.entries()) {
        expect(files.find(metainfo, `n/${share}-99999`)).toBe(99_999)
        expect(files.find(metainfo, `n/${share + 1}-99999`)).toBeUndefined()
      }
    }
  })
})
