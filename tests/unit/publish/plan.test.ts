import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type PickedFile, pickFile } from '../../../lib/browser/picked-file.ts'
import { addPicked, planShare } from '../../../lib/publish/plan.ts'
import { checkDistinct, checkPath } from '../../../lib/torrent/paths.ts'

const picked = (path: string, size = 1): PickedFile => ({
  path: path.split('/'),
  file: new File([new Uint8Array(size)], path.split('/').at(-1) ?? ''),
})
const paths = (files: readonly PickedFile[]) => files.map(({ path }) => path.join('/'))

describe('planShare', () => {
  it('names a single file after itself', () => {
    const plan = planShare([picked('image.iso', 7)])
    expect(plan).toMatchObject({ name: 'image.iso', singleFile: true, length: 7 })
    expect(paths(plan.files)).toEqual(['image.iso'])
  })

  it('names a folder after itself, with paths below it, ordered by path', () => {
    const plan = planShare([picked('data/b/2.csv'), picked('data/a.csv'), picked('data/B.csv')])
    expect(plan).toMatchObject({ name: 'data', singleFile: false })
    expect(paths(plan.files)).toEqual(['B.csv', 'a.csv', 'b/2.csv'])
  })

  it('orders paths by their UTF-8 bytes, as mktorrent does', () => {
    const names = ['a/x', 'a.txt', 'a-b/y', 'a b', '𝔸', '﹟', 'é', 'B', 'a/.hid/x']
    const plan = planShare(names.map(name => picked(`tree/${name}`)))
    expect(paths(plan.files)).toEqual(['B', 'a b', 'a-b/y', 'a.txt', 'a/.hid/x', 'a/x', 'é', '﹟', '𝔸'])
  })

  it('keeps the folder of a folder with one file', () => {
    expect(planShare([picked('data/a.csv')])).toMatchObject({ name: 'data', singleFile: false })
  })

  it('puts loose files and several folders into one folder', () => {
    const plan = planShare([picked('a/1.txt'), picked('b/1.txt'), picked('c.txt')], {
      fallbackName: 'my files',
    })
    expect(plan.name).toBe('my files')
    expect(paths(plan.files)).toEqual(['a/1.txt', 'b/1.txt', 'c.txt'])
  })

  it('refuses more than 100,000 files before anything is read', () => {
    const file = new File(['x'], 'x')
    const many = Array.from({ length: 100_001 }, (_, index) => ({ path: ['many', `${index}`], file }))
    expect(() => planShare(many)).toThrow(expect.objectContaining({ code: 'metainfo_too_large' }))
    expect(planShare(many.slice(1)).files).toHaveLength(100_000)
  })

  it('keeps the handles that the browser lends', () => {
    const handle = { kind: 'file' } as FileSystemFileHandle
    const folder = { kind: 'directory' } as FileSystemDirectoryHandle
    const file = Object.assign(new File(['x'], 'x'), { relativePath: '/data/x', handle, folder })
    const expected = { path: ['x'], file, handle, folder, pathInFolder: ['x'] }
    expect(planShare([pickFile(file)]).files[0]).toEqual(expected)
  })

  it('leaves junk out and says so', () => {
    const plan = planShare([picked('data/.DS_Store'), picked('data/a.csv'), picked('data/Thumbs.db')])
    expect(paths(plan.files)).toEqual(['a.csv'])
    expect(paths(plan.junk)).toEqual(['data/.DS_Store', 'data/Thumbs.db'])
  })

  it('keeps empty files beside others', () => {
    expect(planShare([picked('data/empty', 0), picked('data/full', 3)]).files).toHaveLength(2)
  })

  it.each([
    ['nothing at all', [], 'nothing_to_publish'],
    ['a zero-byte file', [picked('empty', 0)], 'nothing_to_publish'],
    ['a folder with nothing but junk', [picked('data/.DS_Store')], 'nothing_to_publish'],
  ])('refuses %s', (_what, files, code) => {
    expect(() => planShare(files)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    ['two files of one path', ['d/a.txt', 'd/a.txt'], ['a (1).txt', 'a.txt']],
    ['a file that is a folder too', ['d/b', 'd/b/c'], null],
    ['a parent reference', ['d/../../etc/passwd', 'd/good'], null],
    ['NUL in a name', ['d/a\0b', 'd/good'], ['a_b', 'good']],
    ['a backslash', ['d/a\\b.txt', 'd/good'], ['a_b.txt', 'good']],
    ['a line break', ['d/a\nb.txt', 'd/good'], ['a_b.txt', 'good']],
    ['90 Japanese letters', [`d/${'あ'.repeat(90)}.txt`, 'd/good'], ['good', `${'あ'.repeat(83)}.txt`]],
    ['a lone surrogate', ['d/a\ud800b.txt', 'd/good'], ['a\ufffdb.txt', 'good']],
    ['names that become one', ['d/a\\b', 'd/a\nb', 'd/a_b'], null],
  ])('renames what cannot be published, says so, and keeps the rest: %s', (_what, names, expected) => {
    const plan = planShare(names.map(name => picked(name)))
    expect(plan.files).toHaveLength(names.length)
    if (expected) expect(paths(plan.files)).toEqual(expected)
    expect(plan.renamed.length).toBeGreaterThan(0)
    for (const { path } of plan.files) expect(() => checkPath(path)).not.toThrow()
    expect(() => checkDistinct(plan.files.map(({ path }) => path))).not.toThrow()
    expect(paths(plan.files)).toEqual(expect.arrayContaining(names.includes('d/good') ? ['good'] : []))
  })

  it('names a renamed folder once, and a single file too', () => {
    const plan = planShare([picked('a\\b/1.txt'), picked('a\\b/2.txt')])
    expect(plan).toMatchObject({ name: 'a_b', renamed: [{ from: 'a\\b', to: 'a_b' }] })
    expect(planShare([picked('x\u0001.iso')])).toMatchObject({ name: 'x_.iso', singleFile: true })
    expect(planShare([picked('fine')]).renamed).toEqual([])
  })

  it.each(['🎈 party.txt', 'עברית.txt', '<script>alert(1)</script>', 'aux.c', 'a'.repeat(255)])(
    'takes %s as it is',
    name => {
      expect(paths(planShare([picked(name.replaceAll('/', '⁄'))]).files)).toEqual([name.replaceAll('/', '⁄')])
    },
  )

  it('does not depend on the order files were picked in', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}(\/[A-Z]{1,3}){0,2}\.x$/), { minLength: 1 })
    fc.assert(
      fc.property(names, fc.integer(), (list, seed) => {
        const files = list.map(name => picked(`top/${name}`))
        const shuffled = [...files].sort(
          (a, b) => ((a.path.join('/').length * seed) % 7) - ((b.path.join('/').length * seed) % 7),
        )
        expect(paths(planShare(shuffled).files)).toEqual(paths(planShare(files).files))
      }),
    )
  })
})

test('addPicked takes a file once that is chosen again in the same state', () => {
  const file = (name: string, text: string) => ({
    path: [name],
    file: new File([text], name, { lastModified: 1 }),
  })
  const before = [file('a', '1'), file('b', '1')]
  const all = addPicked(before, [file('a', '1'), file('b', '22'), file('c', '1')])
  expect(all.map(({ path, file }) => [path[0], file.size])).toEqual([
    ['a', 1],
    ['b', 1],
    ['b', 2],
    ['c', 1],
  ])
})

describe('pickFile', () => {
  const file = (extra: Record<string, string>) => Object.assign(new File(['x'], 'a.txt'), extra)

  it('finds the place of a file in whichever property the browser gives it', () => {
    expect(pickFile(file({})).path).toEqual(['a.txt'])
    expect(pickFile(file({ path: './a.txt' })).path).toEqual(['a.txt'])
    expect(pickFile(file({ path: '/data/a.txt' })).path).toEqual(['data', 'a.txt'])
    expect(pickFile(file({ relativePath: './data/a.txt' })).path).toEqual(['data', 'a.txt'])
    expect(pickFile(file({ webkitRelativePath: 'data/a.txt' })).path).toEqual(['data', 'a.txt'])
  })
})
