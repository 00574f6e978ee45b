import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { zipOf } from '../../../lib/save/save-files.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const GIB = 1024 ** 3
/** Seconds since 1970: an odd second, for zips that round. */
const CREATED = 1_700_000_001
const ZEROS = new Uint8Array(1024 * 1024)
const MAX_OUTPUT = 64 * 1024 * 1024

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())

function contentOf(name: string, sizes: Readonly<Record<string, number>>): Metainfo {
  let offset = 0
  const files = Object.entries(sizes).map(([path, length]) => {
    const file = {
      path: path.split('/'),
      length,
      offset,
      padding: false,
      executable: path.endsWith('.sh'),
      modified: null,
    }
    offset += length
    return file
  })
  return { name, files, creationDate: CREATED } as unknown as Metainfo
}

/** `length` zero bytes, a megabyte at a time. */
function zeros(length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = length
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close()
      const size = Math.min(left, ZEROS.length)
      left -= size
      controller.enqueue(ZEROS.subarray(0, size))
    },
  })
}

/** Write `stream` with holes where whole chunks are zero; resolves to its length. */
async function writeSparse(path: string, stream: ReadableStream<Uint8Array>): Promise<number> {
  const file = await open(path, 'w')
  let at = 0
  for await (const chunk of stream) {
    if (Buffer.compare(ZEROS.subarray(0, chunk.length), chunk) !== 0)
      await file.write(chunk, 0, chunk.length, at)
    at += chunk.length
  }
  await file.truncate(at)
  await file.close()
  return at
}

const unzip = (...args: string[]) => execFileSync('unzip', args, { encoding: 'utf8', maxBuffer: MAX_OUTPUT })

it.each(['stored', 'passing'] as const)(
  'holds files over 4 GiB and files behind them, %s',
  { timeout: 120_000 },
  async source => {
    const big = 4 * GIB + 12_345
    const content = contentOf('large', { 'big.bin': big, 'after/small.txt': 6 })
    const open = async (index: number) => (index === 0 ? zeros(big) : new Blob(['small\n']).stream())
    const zip = zipOf(content, [0, 1], open, source)
    const path = join(folder.path, zip.name)
    expect(await writeSparse(path, zip.stream)).toBe(zip.length)
    expect(unzip('-l', path)).toMatch(new RegExp(`\\b${big}\\b.*large/big\\.bin`))
    expect(unzip('-p', path, 'large/after/small.txt')).toBe('small\n')
  },
)

it('holds more than 65,535 files', async () => {
  const names = Array.from({ length: 70_000 }, (_, index) => `${index}.txt`)
  const content = contentOf('many', Object.fromEntries(names.map(name => [name, 0])))
  const zip = zipOf(content, [...names.keys()], async () => zeros(0), 'stored')
  const path = join(folder.path, zip.name)
  expect(await writeSparse(path, zip.stream)).toBe(zip.length)
  expect(unzip('-l', path)).toMatch(/\b70000 files\b/)
})

it('can be unpacked out of a pipe, and carries times and programs', async () => {
  const content = contentOf('set', { 'run.sh': 9, 'deep/empty': 0, 'deep/ü.bin': 5_000_000 })
  const bodies = ['#!/bin/sh', '', Buffer.alloc(5_000_000, 7)]
  const open = async (index: number) => new Blob([bodies[index] ?? '']).stream()
  const zip = zipOf(content, [0, 1, 2], open, 'stored')
  const path = join(folder.path, zip.name)
  expect(await writeSparse(path, zip.stream)).toBe(zip.length)
  const piped = join(folder.path, 'piped')
  mkdirSync(piped)
  // Like Java, busybox unpacks what it reads, and so needs sizes and checksums in front.
  execFileSync('busybox', ['unzip', '-q', '-'], { cwd: piped, input: readFileSync(path) })
  expect(readFileSync(join(piped, 'set/deep/ü.bin')).equals(Buffer.alloc(5_000_000, 7))).toBe(true)

  unzip('-q', path, '-d', join(folder.path, 'unzipped'))
  const program = statSync(join(folder.path, 'unzipped/set/run.sh'))
  expect(program.mode & 0o777).toBe(0o755)
  expect(program.mtimeMs).toBe(CREATED * 1000)
  expect(statSync(join(folder.path, 'unzipped/set/deep/empty')).mode & 0o777).toBe(0o644)
})
