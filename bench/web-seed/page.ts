/** Runs in the page of `bench/web-seed.ts`: fetches the same file in two ways, over and over, and reports the times. */
import { SwarmEngine } from '../../lib/engine/engine.ts'
import { openOpfsStore } from '../../lib/storage/opfs/opfs-store.ts'
import { infoHashOf } from '../../lib/torrent/ids.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'

export interface Plan {
  readonly url: string
  /** Bytes. */
  readonly length: number
  readonly pieceLength: number
  /** SHA-1 of each piece, in base64. */
  readonly hashes: string
  readonly rounds: number
}

export type Contender = keyof typeof contenders

export interface Result {
  readonly contender: Contender
  readonly seconds: number
}

const contenders = {
  async ours({ hashes, length, pieceLength, url }: Plan): Promise<number> {
    const pieces = Uint8Array.from(atob(hashes), character => character.charCodeAt(0))
    const metainfo: Metainfo = {
      infoHash: infoHashOf(crypto.getRandomValues(new Uint8Array(20))),
      infoBytes: new Uint8Array(),
      name: 'content.bin',
      pieceLength,
      pieceCount: pieces.length / 20,
      pieces,
      length,
      files: [
        {
          path: ['content.bin'],
          statedPath: ['content.bin'],
          length,
          offset: 0,
          padding: false,
          executable: false,
          modified: null,
        },
      ],
      singleFile: true,
      private: false,
      source: '',
      comment: '',
      createdBy: '',
      creationDate: null,
      announceList: [],
      webSeeds: [],
      statedName: 'content.bin',
      irregularities: new Set(),
    }
    const start = performance.now()
    const store = await openOpfsStore(metainfo, [0])
    const whole = Promise.withResolvers<void>()
    const write = store.write.bind(store)
    let kept = 0
    // Snapshots come twice a second only.
    store.write = async (index, bytes) => {
      const fits = await write(index, bytes)
      if (fits && ++kept === metainfo.pieceCount) whole.resolve()
      return fits
    }
    const engine = new SwarmEngine()
    const network = { trackers: [], iceServers: [], webSeeds: [url], webSeedUse: 'only' } as const
    await engine.join(metainfo, [0], network, store)
    await whole.promise
    await engine.leave(metainfo.infoHash)
    const seconds = (performance.now() - start) / 1000
    await (await openOpfsStore(metainfo, [0])).destroy()
    return seconds
  },

  async bare({ length, url }: Plan): Promise<number> {
    const start = performance.now()
    const worker = new Worker('/bare-worker.js', { type: 'module' })
    const written = await new Promise(resolve => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.postMessage(url)
    })
    if (written !== length) throw new Error(`${written} bytes were written`)
    const seconds = (performance.now() - start) / 1000
    worker.terminate()
    const root = await navigator.storage.getDirectory()
    await root.removeEntry('bare')
    return seconds
  },
}

const origin = location.search.slice(1)
const plan: Plan = await (await fetch(`${origin}/plan`)).json()
const results: Result[] = []
for (let round = 0; round < plan.rounds; round++) {
  // Whoever comes next finds the disk busy with what the one before left.
  const order: readonly Contender[] = round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours']
  for (const contender of order) results.push({ contender, seconds: await contenders[contender](plan) })
}
await fetch(`${origin}/results`, { method: 'POST', body: JSON.stringify(results) })
