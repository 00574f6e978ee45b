import { describe, expect, it } from 'vitest'
import {
  finishedFiles,
  isUnfinishedName,
  unfinishedBesides,
} from '../../../server/seeder/publish-folder/unfinished.ts'

const files = (...paths: string[]) =>
  paths.map(path => ({
    path: path.split('/'),
    location: `/${path}`,
    file: { size: 1, modified: 0, inode: 1, executable: false },
  }))
const finished = (...paths: string[]) =>
  finishedFiles(files(...paths)).map(({ path }) => path.slice(1).join('/'))

describe('isUnfinishedName', () => {
  it.each([
    ...[
      'x.part',
      'x.crdownload',
      'x.filepart',
      'x.!qB',
      'x.!ut',
      'x.download',
      'x.opdownload',
      'x.bc!',
      'x.dctmp',
    ],
    ...['x.incomplete', 'x.partial', 'x.tmp', 'x.TMP', 'x.aria2', 'x.mkv.part-Frag12', 'x~', '~$report.docx'],
    ...['.~lock.x.odt#', '#x#', '.#x', '.x.iso.a1B2c3', '~uTorrentPartFile_1F.dat', 'x.ytdl', '001.part.met'],
    ...[
      '.syncthing.x.iso.tmp',
      '.fuse_hidden0000001',
      '.nfs0000000000000001',
      '.goutputstream-ABC123',
      'x.swp',
    ],
  ])('%s', name => expect(isUnfinishedName(name)).toBe(true))

  it.each([
    ...[
      'x',
      'x.iso',
      'part',
      'tmp',
      'x.part1.rar',
      'partial.txt',
      'download',
      'x.tmpl',
      'a~b',
      '~home',
      'C#',
      '#1.txt',
    ],
    ...['.hidden', '.htaccess', '.gitignore', 'x.parts.list', 'x.aria2.txt'],
  ])('but not %s', name => expect(isUnfinishedName(name)).toBe(false))
})

it('a file is not finished beside its control file, nor a folder with all in it', () => {
  expect([...unfinishedBesides(['x', 'x.aria2', 'y.iso.st', 'z'])]).toEqual(['x', 'y.iso'])
  expect(finished('set/a', 'set/b', 'set/b.aria2', 'set/c.part', 'set/deep/d.tmp')).toEqual(['a'])
  expect(finished('set/a', 'set/sub/b', 'set/sub.aria2', 'set/x.download/c')).toEqual(['a'])
  // The name of the whole is the watcher's business.
  expect(finished('set.tmp/a')).toEqual(['a'])
})
