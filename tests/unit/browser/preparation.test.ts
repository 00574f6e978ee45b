import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Preparation } from '../../../lib/browser/downloads/preparation.ts'
import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { findFiles } from '../../../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../../../server/node-engine/hashing/make-torrent.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const ICE = { iceServers: [], expiresAt: null, validFor: null, connect: 'direct', webSeedUse: 'first' }

let asked: string[]
let isAway: boolean
let metainfo: Metainfo
let torrent: Uint8Array<ArrayBuffer>
let loads: number
const engine = {
  load: async () => {
    loads++
    return !isAway
  },
} as unknown as SwarmEngine

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  asked = []
  isAway = false
  loads = 0
  using folder = tempFolder()
  writeFileSync(join(folder.path, 'a.txt'), 'content')
  const made = await makeTorrent((await findFiles(join(folder.path, 'a.txt'))).files)
  metainfo = made.metainfo
  torrent = new Uint8Array(made.torrent)
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    if (isAway) throw new TypeError('away')
    if (path.startsWith('/api/ice')) return Response.json(ICE)
    return path.startsWith('/t/') ? new Response(torrent) : Response.json(share())
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const share = () => ({
  infoHash: metainfo.infoHash,
  name: 'a.txt',
  title: '',
  description: '',
  length: 7,
  pieceLength: metainfo.pieceLength,
  pieceCount: 1,
  private: false,
  listed: true,
  expiresAt: null,
  downloadsMax: null,
  singleFile: true,
  files: [{ path: 'a.txt', length: 7, padding: false }],
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  webSeeds: ['https://mirror.example/'],
  links: { page: 'https://tabseed.example/d/a', torrent: 'https://tabseed.example/t/a', magnet: 'magnet:?' },
})

test('what was prepared is asked for once, and taken once', async () => {
  const preparation = new Preparation(engine, () => false)
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1 })
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1 })
  const prepared = await preparation.take(metainfo.infoHash)
  expect(prepared?.answers).toEqual({ ice: ICE, webSeeds: ['https://mirror.example/'] })
  expect(prepared?.metainfo?.infoHash).toBe(metainfo.infoHash)
  expect(asked).toHaveLength(3)
  expect(loads).toBe(1)
  expect(await preparation.take(metainfo.infoHash)).toBeNull()
})

test('what is old, or of another share, is not taken', async () => {
  const preparation = new Preparation(engine, () => false)
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1 })
  vi.advanceTimersByTime(61_000)
  expect(await preparation.take(metainfo.infoHash)).toBeNull()
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1 })
  expect(await preparation.take('00'.repeat(20) as Metainfo['infoHash'])).toBeNull()
})

test('a large metainfo waits for the click', async () => {
  const preparation = new Preparation(engine, () => false)
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1_000_000 })
  expect((await preparation.take(metainfo.infoHash))?.metainfo).toBeNull()
  expect(asked).toHaveLength(2)
})

test('of very many files, all but the code waits for the click', async () => {
  const preparation = new Preparation(engine, () => false)
  preparation.prepare(metainfo.infoHash, { fileCount: 50_000, pieceCount: 1 })
  expect(await preparation.take(metainfo.infoHash)).toBeNull()
  expect(asked).toHaveLength(0)
  expect(loads).toBe(1)
})

test('a server that is away leaves nothing behind, and code that did not load is loaded again', async () => {
  const preparation = new Preparation(engine, () => false)
  isAway = true
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1 })
  expect(await preparation.take(metainfo.infoHash)).toBeNull()
  isAway = false
  preparation.prepare(metainfo.infoHash, { fileCount: 1, pieceCount: 1 })
  expect(await preparation.take(metainfo.infoHash)).not.toBeNull()
  expect(loads).toBe(2)
})
