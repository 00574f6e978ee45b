import { expect, test } from 'vitest'
import { buildTree, fileSearch, visibleRows } from '../../../lib/torrent/file-tree.ts'

const files = [
  { path: ['readme.txt'], length: 1 },
  { path: ['photos', '10.jpg'], length: 10 },
  { path: ['photos', '2.jpg'], length: 20 },
  { path: ['photos', 'raw', '2.dng'], length: 30 },
]

test('folders come first, numbers in their order, sizes and indexes add up', () => {
  const [photos, readme] = buildTree(files)
  expect(photos).toMatchObject({ kind: 'folder', path: 'photos', length: 60, indexes: [1, 2, 3] })
  expect(readme).toMatchObject({ kind: 'file', name: 'readme.txt', index: 0 })
  const names = visibleRows(buildTree(files), () => true).map(({ node, depth }) => `${depth} ${node.name}`)
  expect(names).toEqual(['0 photos', '1 raw', '2 2.dng', '1 2.jpg', '1 10.jpg', '0 readme.txt'])
})

test('a closed folder hides what is inside', () => {
  const rows = visibleRows(buildTree(files), folder => folder.path === 'photos')
  expect(rows.map(({ node }) => node.name)).toEqual(['photos', 'raw', '2.jpg', '10.jpg', 'readme.txt'])
})

test('a folder called like an object member is only a folder', () => {
  expect(buildTree([{ path: ['__proto__', 'constructor'], length: 1 }])).toMatchObject([
    { kind: 'folder', name: '__proto__', children: [{ name: 'constructor' }] },
  ])
})

test('a search finds every word in any order, whatever case and accents are, and its tree keeps the indexes', () => {
  const listed = ['Fotos/Zürich 2.JPG', 'Fotos/zurich 10.jpg', 'Töne/Zürich.mp3'].map(path => ({
    path: path.split('/'),
    length: 1,
  }))
  const search = fileSearch(listed)
  expect(search('  ')).toBeNull()
  expect(search('jpg ZURICH')).toEqual([0, 1])
  expect(search('tone/zu')).toEqual([2])
  expect(search('bern')).toEqual([])
  expect(buildTree(listed, [1])).toMatchObject([{ name: 'Fotos', indexes: [1], children: [{ index: 1 }] }])
})
