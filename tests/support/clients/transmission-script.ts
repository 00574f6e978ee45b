/**
 * Run in a network namespace of its own, where this machine has an address that is not loopback (the first argument):
 * Transmission takes no peers at 127.0.0.1. Has a file kept by a server, ends its publisher, downloads it with
 * Transmission, and prints both digests. The share has more blocks than a seed remembers requests of one peer.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sha256File, tempFolder } from '../content/fixtures.ts'
import { startServer } from '../server/test-server.ts'
import { transmissionDownload } from './classic.ts'
import { askToKeep, keptBy, publishFromNode } from './node-publisher.ts'

const [address = ''] = process.argv.slice(2)
const LIMIT_MS = 60_000

using folder = tempFolder()
await using server = await startServer([
  '--host',
  '0.0.0.0',
  '--public-url',
  'any',
  '--seeder',
  'on',
  '--seeder-port',
  '0',
])
const url = server.url.replace('localhost', address)
const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(url, folder.path, 100_000_000, 31)
await askToKeep(url, metainfo, ownerKey)
const deadline = Date.now() + LIMIT_MS
while ((await keptBy(url, metainfo)).kept !== 'yes') {
  if (Date.now() > deadline) throw new Error('the server did not fetch the share')
  await delay(100)
}
await engine.close()
const into = join(folder.path, 'transmission')
await transmissionDownload(`${url}/t/${metainfo.infoHash}.torrent`, into)
process.stdout.write(JSON.stringify({ published: sha256, downloaded: sha256File(join(into, metainfo.name)) }))
