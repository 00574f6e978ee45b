/** Downloads by HTTP alone, and the content of the web seeds they use. */
import { afterEach, expect, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { engineContent } from '../content/engine-content.ts'
import { noise } from '../content/fixtures.ts'

export const PIECE = 64 * 1024
const LIMIT_MS = 20_000

export const one = engineContent('data 100%.bin', noise(100 * PIECE + 777), PIECE)
/** Fetched with one request. */
export const small = engineContent('small.bin', noise(10 * PIECE, 6), PIECE)
export const folder = engineContent(
  'a folder',
  [
    { path: 'first.bin', bytes: noise(3 * PIECE + 10, 2) },
    { path: '.pad/100', bytes: new Uint8Array(PIECE - 10), padding: true },
    { path: 'empty', bytes: new Uint8Array() },
    { path: 'sub #1/what? (ü&+;).txt', bytes: noise(100, 3) },
    { path: 'last.bin', bytes: noise(2 * PIECE, 4) },
    { path: '.pad/5', bytes: new Uint8Array(5), padding: true },
  ],
  PIECE,
)

const engines: SwarmEngine[] = []
/** After each test of a file that imports this one. */
afterEach(async () => {
  vi.useRealTimers()
  for (const engine of engines.splice(0)) {
    for (const { infoHash } of engine.getSnapshot()) await engine.remove(infoHash)
  }
})

/** Download by HTTP alone from these web seeds. */
export async function download(
  content: typeof one,
  webSeeds: readonly string[],
  download: number | null = null,
) {
  const { metainfo } = content
  const engine = new SwarmEngine()
  engines.push(engine)
  const network = { trackers: [], iceServers: [], webSeeds, webSeedUse: 'only' } as const
  const all = [...metainfo.files.keys()]
  engine.setLimits(null, { download, upload: null })
  await engine.join(metainfo, all, network, new MemoryStore(metainfo))
  return engine
}

export function seen(
  engine: SwarmEngine,
  infoHash: InfoHash,
  what: string,
  accept: (swarm: SwarmSnapshot) => boolean,
): Promise<SwarmSnapshot> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const swarm = engine.getSwarm(infoHash)
      if (!swarm || !accept(swarm)) return
      clearTimeout(limit)
      unsubscribe()
      resolve(swarm)
    }
    const limit = setTimeout(() => reject(new Error(`never ${what}`)), LIMIT_MS)
    let unsubscribe = () => {}
    unsubscribe = engine.subscribe(look)
    look()
  })
}

export const done = (engine: SwarmEngine, content: typeof one) =>
  seen(engine, content.metainfo.infoHash, 'done', ({ state }) => state === 'done')

export const failed = (engine: SwarmEngine, content: typeof one) =>
  seen(engine, content.metainfo.infoHash, 'failed', ({ webSeeds }) => webSeeds[0]?.state === 'failed')

export async function expectWhole(engine: SwarmEngine, { bytes, metainfo }: typeof one): Promise<void> {
  for (const [index, { length, offset }] of metainfo.files.entries()) {
    const file = new Uint8Array(await (await engine.file(metainfo.infoHash, index)).arrayBuffer())
    expect(Buffer.compare(file, bytes.subarray(offset, offset + length))).toBe(0)
  }
}
