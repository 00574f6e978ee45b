/**
 * Run in a mount namespace of its own, where the folder in the first argument is a disk of 48 MiB. Has a server keep a
 * small share there, then two that do not fit, then makes room; prints what the server said and served meanwhile.
 */
import { createHash } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CachedShareStatus } from '../../../lib/protocol/share.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { aria2Download } from '../clients/classic.ts'
import { askToKeep, keptBy, publishFromNode } from '../clients/node-publisher.ts'
import { sha256File, tempFolder } from '../content/fixtures.ts'
import { startServer } from '../server/test-server.ts'

const [disk = ''] = process.argv.slice(2)
const LIMIT_MS = 15_000

async function until(
  metainfo: Metainfo,
  accept: (kept: CachedShareStatus) => boolean,
): Promise<CachedShareStatus> {
  const deadline = Date.now() + LIMIT_MS
  for (;;) {
    const kept = await keptBy(server.url, metainfo)
    if (accept(kept)) return kept
    if (Date.now() > deadline) throw new Error(`it stayed at ${JSON.stringify(kept)}: ${server.log()}`)
    await delay(100)
  }
}

async function served({ infoHash, name }: Metainfo): Promise<string | number> {
  const response = await fetch(`${server.url}/w/${infoHash}/${name}`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  return response.ok ? createHash('sha256').update(bytes).digest('hex') : response.status
}

/** Fill the disk to the last byte. */
function fill(path: string, most: number): void {
  for (let length = most; length >= 1; length = Math.floor(length / 2)) {
    try {
      writeFileSync(`${path}-${length}`, new Uint8Array(length))
    } catch {
      // Too much; half of it may fit.
    }
  }
}

using folder = tempFolder()
await using server = await startServer([
  '--seeder',
  'on',
  '--seeder-port',
  '0',
  '--seeder-dir',
  join(disk, 'seeder'),
])
const publish = (length: number, seed: number) => publishFromNode(server.url, folder.path, length, seed)
const [small, large, late] = [
  await publish(5_000_000, 51),
  await publish(20_000_000, 52),
  await publish(9_000, 53),
]
const filler = join(disk, 'filler')

await askToKeep(server.url, small.metainfo, small.ownerKey)
await until(small.metainfo, ({ kept }) => kept === 'yes')
writeFileSync(filler, new Uint8Array(30_000_000))
await askToKeep(server.url, large.metainfo, large.ownerKey)
const stuck = await until(large.metainfo, ({ problem }) => problem !== null)
fill(filler, 16 * 1024 * 1024)
await askToKeep(server.url, late.metainfo, late.ownerKey)
const refused = await until(late.metainfo, ({ problem }) => problem !== null)
await small.engine.close()
const into = join(folder.path, 'aria2')
await aria2Download(`${server.url}/t/${small.metainfo.infoHash}.torrent`, into)
const whileFull = {
  stuck,
  refused,
  small: [await served(small.metainfo), sha256File(join(into, small.metainfo.name))],
  large: await served(large.metainfo),
}

for (const name of readdirSync(disk)) {
  if (name.startsWith('filler')) rmSync(join(disk, name))
}
await until(large.metainfo, ({ kept }) => kept === 'yes')
// Nobody asks again.
await until(late.metainfo, ({ kept }) => kept === 'yes')
const withRoom = { large: await served(large.metainfo), late: await served(late.metainfo) }

fill(filler, 32 * 1024 * 1024)
const exitCode = await server.stop()
for (const { engine } of [large, late]) await engine.close()
const failures = server.log().match(/"msg":"the seeder (failed|ended)[^"]*"/g)
const published = { small: small.sha256, large: large.sha256, late: late.sha256 }
process.stdout.write(JSON.stringify({ published, whileFull, withRoom, exitCode, failures }))
