import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PickedFile } from '../../../lib/browser/picked-file.ts'
import { matchFiles } from '../../../lib/browser/publications/match-files.ts'
import type { SavedSource } from '../../../lib/browser/records/saved-records.ts'

interface FileProperties {
  readonly size?: number
  readonly time?: number
}

const picked = (path: string, { size = 1, time = 7 }: FileProperties = {}): PickedFile => {
  const parts = path.split('/')
  return {
    path: parts,
    file: new File([new Uint8Array(size)], parts.at(-1) ?? '', { lastModified: time }),
  }
}

/** A share called `top` with one-byte files at `paths`, last modified at 7. */
function share(paths: readonly string[]) {
  const files = paths.map((path, offset) => ({
    path: path.split('/'),
    statedPath: path.split('/'),
    length: 1,
    offset,
    padding: false,
    executable: false,
    modified: null,
  }))
  const sources: SavedSource[] = files.map(({ path }) => ({
    name: path.at(-1) ?? '',
    size: 1,
    lastModified: 7,
    handle: null,
  }))
  return { metainfo: { name: 'top', files }, sources }
}

const match = (paths: readonly string[], chosen: readonly PickedFile[]) => {
  const { metainfo, sources } = share(paths)
  return matchFiles(metainfo, sources, chosen).map(found =>
    found ? [found.picked.path.join('/'), found.sure] : null,
  )
}

describe('matchFiles', () => {
  it('finds files with their folder, under another folder name, and without it', () => {
    const paths = ['a', 'b/c']
    expect(match(paths, [picked('top/b/c'), picked('top/a')])).toEqual([
      ['top/a', true],
      ['top/b/c', true],
    ])
    expect(match(paths, [picked('moved/a'), picked('moved/b/c')])).toEqual([
      ['moved/a', true],
      ['moved/b/c', true],
    ])
    expect(match(paths, [picked('c'), picked('a')])).toEqual([
      ['a', true],
      ['c', true],
    ])
  })

  it('is not misled by a folder inside that is called like the share', () => {
    expect(match(['top/x', 'x'], [picked('top/top/x'), picked('top/x')])).toEqual([
      ['top/top/x', true],
      ['top/x', true],
    ])
  })

  it('doubts files of another time or size, and says which are not there', () => {
    expect(match(['a', 'b', 'c'], [picked('a', { time: 8 }), picked('b', { size: 2 })])).toEqual([
      ['a', false],
      ['b', false],
      null,
    ])
  })

  it('finds a renamed file by its size, and doubts it', () => {
    expect(match(['a'], [picked('z')])).toEqual([['z', false]])
    expect(match(['a'], [picked('z', { size: 2 })])).toEqual([null])
  })

  it('doubts files with the same properties that only their folder could tell apart', () => {
    expect(match(['1/x', '2/x'], [picked('x'), picked('x')])).toEqual([
      ['x', false],
      ['x', false],
    ])
  })

  it('finds the same files in any order, and never one twice', () => {
    const name = fc.stringMatching(/^[a-c]{1,3}$/)
    const tree = fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      selector: path => path.join('/'),
    })
    fc.assert(
      fc.property(tree, fc.boolean(), fc.infiniteStream(fc.nat()), (paths, withFolder, random) => {
        const names = paths.map(path => path.join('/'))
        const chosen = names.map(path => ({
          order: random.next().value,
          file: picked(withFolder ? `top/${path}` : path),
        }))
        const shuffled = chosen.sort((a, b) => a.order - b.order).map(({ file }) => file)
        const { metainfo, sources } = share(names)
        const found = matchFiles(metainfo, sources, shuffled).map(file => file?.picked)
        expect(new Set(found)).toEqual(new Set(shuffled))
        if (withFolder) expect(found.map(file => file?.path.slice(1).join('/'))).toEqual(names)
      }),
    )
  })
})
