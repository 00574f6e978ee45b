import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { checkDistinct, checkPath } from '../../../lib/torrent/paths.ts'
import { webSeedFileUrl } from '../../../lib/torrent/web-seed.ts'
import {
  buffersOf,
  PackedFiles,
  type PackedMetainfo,
  packMetainfo,
} from '../../../server/shares/metainfo/packed-metainfo.ts'
import { fileAt } from '../../../server/web-seeds/file-paths.ts'

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

/** Index of the file at `path`. */
const find = (metainfo: PackedMetainfo, path: string) => fileAt(metainfo, path)?.index

describe('the file at a path', () => {
  test('is found at the URL a web seed client makes, whatever its name', () => {
    fc.assert(
      fc.property(tree, component, (paths, name) => {
        fc.pre(isSafe([[name]]))
        const metainfo = metainfoOf(name, paths)
        const packed = packMetainfo(metainfo)
        for (const [index, path] of paths.entries()) {
          const url = new URL(webSeedFileUrl('http://x.example/w/0/', metainfo, path))
          expect(find(packed, url.pathname.slice('/w/0/'.length))).toBe(index)
        }
      }),
    )
  })

  test('is found by a name that holds a slash, encoded or as the pages write it', () => {
    const metainfo = packMetainfo(metainfoOf('R1/beta6', [['a/b'], ['c']]))
    for (const path of ['R1%2Fbeta6/a%2Fb', 'R1/beta6/a/b']) expect(find(metainfo, path)).toBe(0)
    expect(find(metainfo, 'R1%2Fbeta6/c')).toBe(1)
    expect(find(metainfo, 'R1%2Fbeta6/../c')).toBeUndefined()
  })

  test('is never padding of the same path', () => {
    const padding = new Set([0, 1, 3])
    const metainfo = packMetainfo(metainfoOf('n', [['a'], ['.pad', '7'], ['a'], ['.pad', '7']], { padding }))
    expect(find(metainfo, 'n/a')).toBe(2)
    expect(find(metainfo, 'n/.pad/7')).toBe(1)
  })

  test('is that of a single file, whose name alone is its path', () => {
    const metainfo = packMetainfo(metainfoOf('one', [['one']], { singleFile: true }))
    expect(find(metainfo, 'one')).toBe(0)
    expect(find(metainfo, 'one/one')).toBeUndefined()
  })
})

describe('packed metainfo', () => {
  test('says of each file what the metainfo says', () => {
    fc.assert(
      fc.property(tree, paths => {
        const metainfo = metainfoOf('n', paths, { padding: new Set([1]) })
        const files = new PackedFiles(packMetainfo(metainfo))
        expect(
          [...files].map(({ length, name, offset, padding, statedPath }) => ({
            length,
            name,
            offset,
            padding,
            statedPath,
          })),
        ).toEqual(
          metainfo.files.map(({ length, offset, padding, path, statedPath }) => ({
            length,
            name: path.at(-1),
            offset,
            padding,
            statedPath,
          })),
        )
        expect(files.at(paths.length)).toBeUndefined()
        expect(files.at(-1)).toBeUndefined()
      }),
    )
  })

  test('of 100,000 files passes to another thread whole', () => {
    const paths = Array.from({ length: 100_000 }, (_, index) => [
      `folder-${index % 100}`,
      `some file ${index}`,
    ])
    const packed = packMetainfo(metainfoOf('many', paths))
    const there = structuredClone(packed, { transfer: buffersOf(packed) })
    expect(packed.pieces.length).toBe(0)
    for (const index of [0, 10, 54_321, 99_999])
      expect(find(there, `many/folder-${index % 100}/some%20file%20${index}`)).toBe(index)
  })
})
