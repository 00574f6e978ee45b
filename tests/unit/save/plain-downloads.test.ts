import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Share } from '../../../lib/protocol/share.ts'
import { aria2Line, curlLine, plainDownloads } from '../../../lib/save/plain-downloads.ts'

const share: Share = {
  infoHash: 'a'.repeat(40),
  name: 'folder',
  title: '',
  description: '',
  length: 30,
  pieceLength: 16_384,
  pieceCount: 1,
  private: false,
  encrypted: false,
  listed: true,
  expiresAt: null,
  downloadsMax: null,
  singleFile: false,
  files: [
    { path: 'a b/c.txt', length: 10, padding: false },
    { path: '.pad/10', length: 10, padding: true },
    { path: 'd#', length: 10, padding: false },
  ],
  createdAt: '2026-01-02T03:04:05.678Z',
  updatedAt: '2026-01-02T03:04:05.678Z',
  webSeeds: ['https://x.example/w/', 'https://y.example/'],
  links: { page: 'https://x.example/d', torrent: 'https://x.example/t', magnet: 'magnet:?' },
}

/** The words a shell makes of a line. */
function words(line: string): string[] {
  const out = execFileSync('sh', ['-c', `set -- ${line}; printf '%s\\n' "$@"`], { encoding: 'utf8' })
  return out.trimEnd().split('\n')
}

describe('plain downloads', () => {
  test('are the files on the best web seed, without padding', () => {
    expect(plainDownloads(share)).toEqual([
      { path: 'a b/c.txt', length: 10, url: 'https://x.example/w/folder/a%20b/c.txt' },
      { path: 'd#', length: 10, url: 'https://x.example/w/folder/d%23' },
    ])
    expect(plainDownloads({ ...share, webSeeds: [] })).toEqual([])
  })

  test.each([
    ['it\'s $(touch x) `id` "$HOME" \\ ! * ; & |.txt', 'it\'s $(touch x) `id` "$HOME" _ ! * ; & |.txt'],
    ['-rf', '-rf'],
    ['gpj\u202e.exe', 'gpj.exe'],
    ["'; rm -rf ~ #", "'; rm -rf ~ #"],
  ])('are one word each for a shell, whatever their name: %s', (name, saved) => {
    const url = "https://x.example/it's?a=$(id)&b"
    expect(words(curlLine({ path: `folder/${name}`, length: 1, url }))).toEqual([
      'curl',
      '-fgL',
      '-C',
      '-',
      '-o',
      saved,
      url,
    ])
    expect(words(aria2Line(url))).toEqual(['aria2c', '--seed-time=0', url])
  })
})
