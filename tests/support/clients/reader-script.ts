import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'

/**
 * A reader in a process of its own, which a test may kill: downloads the share of the `.torrent` at the first argument over
 * WebRTC, found by the tracker at the second, and prints a line once it has everything.
 */
const [torrentUrl = '', tracker = ''] = process.argv.slice(2)
const metainfo = await parseMetainfo(new Uint8Array(await (await fetch(torrentUrl)).arrayBuffer()))
const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
engine.subscribe(() => {
  if (engine.getSwarm(metainfo.infoHash)?.state === 'done') process.stdout.write('done\n')
})
const network = { trackers: [tracker], iceServers: [], webSeeds: [] }
await engine.join(metainfo, [...metainfo.files.keys()], network, new MemoryStore(metainfo))
