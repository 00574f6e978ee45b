import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { choosePieceLength } from '../../../lib/torrent/piece-length.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { noise } from '../content/fixtures.ts'
import { publishedContent } from '../content/hosted-shares.ts'
import { postTorrent } from '../content/shares.ts'
import { startApp } from '../server/app.ts'

interface NodeSwarmOptions {
  readonly readers: number
  /** Bytes of the one file. */
  readonly size: number
  /** What the publisher uploads at most, in bytes a second. */
  readonly cap: number
}

/** A publisher with a capped uplink, over WebRTC and TCP, and its readers, over WebRTC alone; all in this process. */
export async function nodeSwarm({ cap, readers: count, size }: NodeSwarmOptions) {
  const app = await startApp()
  const content = new Uint8Array(noise(size, 16))
  const pieceLength = choosePieceLength(size, ['content.bin'])
  const { metainfo, torrent } = await publishedContent('content.bin', content, pieceLength)
  await postTorrent(app.url, torrent)
  const engines: SwarmEngine[] = []
  const addEngine = () => {
    const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
    engines.push(engine)
    // Engines of one process share a socket to one address, and a socket has one peer id: each has an address of its own.
    const trackers = [`${app.announceUrl}?${engines.length}`]
    return { engine, network: { trackers, iceServers: [], webSeeds: [] } }
  }
  const stateOf = (engine: SwarmEngine): SwarmSnapshot => {
    // Who subscribes gets the numbers of now.
    engine.subscribe(() => undefined)()
    const swarm = engine.getSwarm(metainfo.infoHash)
    if (!swarm) throw new Error('it has left')
    return swarm
  }
  const { engine: publisher, network } = addEngine()
  publisher.setLimits(null, { upload: cap, download: null })
  const trackers = [...network.trackers, `${app.url}/announce`]
  await publisher.publish(metainfo, [new Blob([content])], { ...network, trackers })
  const readers = Array.from({ length: count }, () => addEngine())
  return {
    app,
    metainfo,
    content,
    publisher,
    readers: readers.map(({ engine }) => engine),
    stateOf,
    /** Everybody presses Download at once. */
    async start(): Promise<void> {
      for (const reader of readers) {
        await reader.engine.join(metainfo, [0], reader.network, new MemoryStore(metainfo))
      }
    },
    async [Symbol.asyncDispose]() {
      for (const engine of engines.reverse()) await engine.close()
      await app[Symbol.asyncDispose]()
    },
  }
}
