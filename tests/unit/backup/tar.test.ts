import { execFileSync } from 'node:child_process'
import { readFileSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type TarEntry, TarWriter, tarEntries } from '../../../server/backup/tar.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'

const FILES: readonly (readonly [path: string, content: Uint8Array])[] = [
  ['first.json', Buffer.from('{}')],
  ['empty', new Uint8Array()],
  ['seeder/block', noise(512, 1)],
  ['seeder/long', noise(100_001, 2)],
]

async function write(path: string): Promise<void> {
  const file = await open(path, 'w')
  const tar = new TarWriter(file, new Date('2026-01-02T03:04:05Z'))
  for (const [name, content] of FILES) await tar.add(name, content.length, [content])
  await tar.end()
  await file.close()
}

async function read(path: string) {
  const file = await open(path)
  try {
    const entries: TarEntry[] = []
    for await (const entry of tarEntries(file)) entries.push(entry)
    return entries
  } finally {
    await file.close()
  }
}

test('an archive is read by tar and by us', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'a.tar')
  await write(path)
  const listed = execFileSync('tar', ['tf', path], { encoding: 'utf8' })
  expect(listed.trim().split('\n')).toEqual(FILES.map(([name]) => name))
  execFileSync('tar', ['xf', path, '-C', folder.path])
  for (const [name, content] of FILES)
    expect(readFileSync(join(folder.path, name)).equals(content)).toBe(true)

  const bytes = readFileSync(path)
  const entries = await read(path)
  expect(entries.map(({ length, path, start }) => [path, bytes.subarray(start, start + length)])).toEqual(
    FILES.map(([name, content]) => [name, Buffer.from(content)]),
  )
})

test('one that ends anywhere before its end is truncated', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'a.tar')
  await write(path)
  const { length } = readFileSync(path)
  for (const left of [length - 1024, length - 1025, 100_000, 1024, 513, 511, 1]) {
    truncateSync(path, left)
    await expect(read(path), `${left} bytes`).rejects.toMatchObject({ kind: 'truncated' })
  }
})

test('sizes beyond eight gibibytes are written as GNU tar does', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'large.tar')
  const file = await open(path, 'w')
  const size = 9 * 1024 ** 3
  await new TarWriter(file, new Date(0)).add('large', size, []).catch(() => undefined)
  await file.close()
  truncateSync(path, size + 512 + 1024)
  expect(await read(path)).toEqual([{ path: 'large', start: 512, length: size }])
  expect(execFileSync('tar', ['tvf', path], { encoding: 'utf8' })).toContain(String(size))
})
