/**
 * What encryption costs in Node: hashing a file for an open and for a private share, and reading what is seeded, side by side.
 *
 *     npm run bench:private [-- --bytes 1073741824 --rounds 5]
 */
import { openAsBlob } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newSecret } from '../lib/encryption/keys.ts'
import { BlobStore, sourceOf } from '../lib/storage/blob-store.ts'
import { pieceSize } from '../lib/storage/piece-store.ts'
import type { Metainfo } from '../lib/torrent/metainfo.ts'
import { findFiles } from '../server/node-engine/hashing/local-files.ts'
import { makeEncryptedShare } from '../server/node-engine/hashing/make-encrypted-share.ts'
import { makeTorrent, planTorrent } from '../server/node-engine/hashing/make-torrent.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { MB, median, print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(1024 ** 3) },
    rounds: { type: 'string', default: '5' },
  },
})
const bytes = Number(options.bytes)
const rounds = Number(options.rounds)

using folder = tempFolder()
const path = join(folder.path, 'content.bin')
writeRandomFile(path, bytes)
const { files } = await findFiles(path)

/** Bytes of one request. */
const BLOCK_BYTES = 128 * 1024

/** Every block in order, as a peer asks for them. */
async function readAll(metainfo: Metainfo): Promise<void> {
  const plain = sourceOf(await openAsBlob(path))
  const store = new BlobStore(metainfo.sealed?.seal(plain) ?? plain, metainfo.pieceLength, () => undefined)
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    const size = pieceSize(metainfo, piece)
    for (let at = 0; at < size; at += BLOCK_BYTES) {
      await store.read(piece, at, Math.min(BLOCK_BYTES, size - at))
    }
  }
}

const secret = newSecret()
const makeOpen = () => makeTorrent(files)
const makePrivate = () => makeEncryptedShare(planTorrent(files), { secret, root: secret, title: '' })
const open = (await makeOpen()).metainfo
const encrypted = (await makePrivate()).metainfo

const jobs: Readonly<Record<string, () => Promise<unknown>>> = {
  'hashing, open': makeOpen,
  'hashing, private': makePrivate,
  'reading, open': () => readAll(open),
  'reading, private': () => readAll(encrypted),
}

const taken = Object.fromEntries(Object.keys(jobs).map(name => [name, { wall: [], cpu: [] } as Taken]))
interface Taken {
  readonly wall: number[]
  readonly cpu: number[]
}

for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(jobs)) {
    const start = performance.now()
    const before = process.cpuUsage()
    await run()
    const { system, user } = process.cpuUsage(before)
    taken[name]?.wall.push((performance.now() - start) / 1000)
    taken[name]?.cpu.push((system + user) / 1e6)
  }
}

const gigabytes = bytes / 1e9
const rate = (name: string) => bytes / median(taken[name]?.wall ?? []) / MB
const cpu = (name: string) => median(taken[name]?.cpu ?? []) / gigabytes
for (const name of Object.keys(jobs)) {
  print(`${name}: ${rate(name).toFixed(0)} MB/s, ${cpu(name).toFixed(2)} CPU s/GB`)
}
for (const what of ['hashing', 'reading']) {
  const [a, b] = [`${what}, private`, `${what}, open`]
  print(
    `${what}: private / open ${(rate(a) / rate(b)).toFixed(2)} of the rate, ${(cpu(a) / cpu(b)).toFixed(2)} of the CPU`,
  )
}
