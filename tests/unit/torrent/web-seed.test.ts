import { expect, test } from 'vitest'
import { webSeedFileUrl } from '../../../lib/torrent/web-seed.ts'

const folder = { name: 'a b', singleFile: false }
const file = { name: 'c#d.txt', singleFile: true }

test.each([
  ['https://x.example/get?id=1&sig=%2F', file, ['c#d.txt'], 'https://x.example/get?id=1&sig=%2F'],
  ['https://x.example/', folder, ['x&y=z;+'], 'https://x.example/a%20b/x%26y%3Dz%3B%2B'],
  ['https://x.example/w/', folder, ['e', 'f?.txt'], 'https://x.example/w/a%20b/e/f%3F.txt'],
  ['https://x.example/w', folder, ['e'], 'https://x.example/w/a%20b/e'],
  ['https://x.example/w/', file, ['c#d.txt'], 'https://x.example/w/c%23d.txt'],
  ['https://x.example/other?v=1', file, ['c#d.txt'], 'https://x.example/other?v=1'],
  [
    'https://x.example/',
    folder,
    ["100%'.txt", 'ü[1]'],
    'https://x.example/a%20b/100%25%27.txt/%C3%BC%5B1%5D',
  ],
])('below %s (%o) is %s at %s', (base, share, path, url) => {
  expect(webSeedFileUrl(base, share, path)).toBe(url)
})
