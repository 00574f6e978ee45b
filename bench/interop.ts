/**
 * Classic BitTorrent clients and our seeder on this machine, one after the other: each gets a share from the seeder, and gives
 * one to it, over TCP; as it does by itself and with encryption required. Seconds from its start to the last byte on disk,
 * byte for byte, and how many times those of aria2 in the same run. Runs as root in a network namespace of its own, with an
 * address that is not of the loopback: Transmission takes no peers at 127.0.0.1.
 *
 *     npm run bench:interop [-- --bytes 200000000 --client Transmission]
 *
 * Debian: apt-get install aria2 transmission-cli qbittorrent-nox rtorrent python3-libtorrent
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createdShareSchema } from '../lib/protocol/share.ts'
import { encodeTorrent } from '../lib/torrent/encode-torrent.ts'
import type { Metainfo } from '../lib/torrent/metainfo.ts'
import { askToKeep, contentIn, keptBy, publishFromNode } from '../tests/support/clients/node-publisher.ts'
import { sha256File, tempFolder } from '../tests/support/content/fixtures.ts'
import { postTorrent } from '../tests/support/content/shares.ts'
import { startApp } from '../tests/support/server/app.ts'
import { CLIENTS, type Client, type Encryption, end } from './interop/clients.ts'
import { WrittenPieces } from './interop/written-pieces.ts'
import { print } from './support.ts'

const { values: options } = parseArgs({
  options: { bytes: { type: 'string', default: '200000000' }, client: { type: 'string' } },
})
const bytes = Number(options.bytes)
const ADDRESS = '10.9.9.1'
const LIMIT_MS = 180_000
const LOOK_MS = 100

if (!networkInterfaces()['wan']?.some(({ address }) => address === ADDRESS)) {
  const prepare = `ip link set lo up && ip link add wan type veth peer name far && ip link set far up && ip link set wan up && ip addr add ${ADDRESS}/24 dev wan && ip route add default dev wan && exec "$@"`
  const own = ['-n', 'sh', '-c', prepare, 'sh', process.execPath, ...process.argv.slice(1)]
  process.exit(spawnSync('unshare', own, { stdio: 'inherit' }).status ?? 1)
}

using folder = tempFolder()
await using server = await startApp({
  TABSEED_HOST: '0.0.0.0',
  TABSEED_PUBLIC_URL: 'any',
  TABSEED_SEEDER_ADDRESS: ADDRESS,
  TABSEED_SEEDER: 'on',
  TABSEED_SEEDER_PORT: '0',
  TABSEED_SEEDER_BUDGET: '100GB',
})

let seed = 1
const newFolder = (name: string) => {
  const path = join(folder.path, `${name}-${seed++}`)
  mkdirSync(path)
  return path
}

/** A `.torrent` of the share with our tracker alone: neither web seeds nor WebSocket. */
function plainTorrent({ infoBytes }: Metainfo): string {
  const path = join(newFolder('torrent'), 'plain.torrent')
  writeFileSync(
    path,
    encodeTorrent({ infoBytes, announceList: [[`http://${ADDRESS}:${new URL(server.url).port}/announce`]] }),
  )
  return path
}

async function until(done: () => boolean | Promise<boolean>): Promise<number | null> {
  const begin = performance.now()
  while (!(await done())) {
    if (performance.now() - begin > LIMIT_MS) return null
    await delay(LOOK_MS)
  }
  return (performance.now() - begin) / 1000
}

/** Seeds that the tracker knows of, by its scrape (BEP 48). */
async function seeds({ infoHash }: Metainfo): Promise<number> {
  const url = `${server.url}/scrape?info_hash=${infoHash.replace(/../g, '%$&')}`
  const answer = Buffer.from(await (await fetch(url)).arrayBuffer()).toString('latin1')
  return Number(/8:completei(\d+)e/.exec(answer)?.[1] ?? 0)
}

/** Asks our seeder to keep a share; seconds until it has it. Null: it did not. */
async function keep(metainfo: Metainfo, ownerKey: string): Promise<number | null> {
  await askToKeep(server.url, metainfo, ownerKey)
  return until(async () => (await keptBy(server.url, metainfo)).kept === 'yes')
}

async function remove({ infoHash }: Metainfo, ownerKey: string): Promise<void> {
  const headers = { authorization: `Bearer ${ownerKey}` }
  await fetch(`${server.url}/api/shares/${infoHash}`, { method: 'DELETE', headers })
}

/**
 * The client gets a share from our seeder. Null: it did not. A new one each time: in the swarm of another, the tracker still
 * names clients that were ended, and rTorrent calls only one peer of an address.
 */
async function gets(client: Client, encryption: Encryption): Promise<number | null> {
  const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(
    server.url,
    newFolder('published'),
    bytes,
    seed++,
  )
  await keep(metainfo, ownerKey)
  await engine.close()
  const content = newFolder('gets')
  const path = join(content, metainfo.name)
  const pieces = new WrittenPieces(metainfo)
  const job = { torrent: plainTorrent(metainfo), content, work: newFolder('work'), encryption }
  const child = client.start(job)
  // What each of them tells a tracker, and when, differs; a file that is whole is whole.
  const seconds = await until(() => pieces.areAllIn(path))
  const isWhole = seconds !== null && sha256File(path) === sha256
  await end(child)
  await remove(metainfo, ownerKey)
  return isWhole ? seconds : null
}

/** Our seeder gets another share from the client, the only one who has it. */
async function gives(client: Client, encryption: Encryption): Promise<number | null> {
  const source = newFolder('source')
  const made = await contentIn(source, bytes, randomBytes(3).readUIntBE(0, 3))
  const { ownerKey: key = '' } = createdShareSchema.parse(
    await (await postTorrent(server.url, made.torrent)).json(),
  )
  const content = newFolder('gives')
  cpSync(made.path, join(content, made.metainfo.name))
  const torrent = plainTorrent(made.metainfo)
  const child = client.start({ torrent, content, work: newFolder('work'), encryption })
  // From when it is a seed: clients check the file first.
  const announced = await until(async () => (await seeds(made.metainfo)) > 0)
  const seconds = announced === null ? null : await keep(made.metainfo, key)
  await end(child)
  await remove(made.metainfo, key)
  return seconds
}

const asked = CLIENTS.filter(
  ({ name }) => name === 'aria2' || !options.client || name.startsWith(options.client),
)
for (const [direction, measure] of [
  ['gets from our seeder', gets],
  ['gives to our seeder', gives],
] as const) {
  for (const encryption of ['usual', 'required'] as const) {
    let aria2 = 0
    for (const client of asked) {
      const version = client.version()
      if (version === null) {
        print(`${client.name}: not installed`)
        continue
      }
      const seconds = await measure(client, encryption)
      if (client.name === 'aria2') aria2 = seconds ?? 0
      const result =
        seconds === null ? 'FAILED' : `${seconds.toFixed(1)} s, ${(seconds / aria2).toFixed(2)} x aria2`
      print(`${client.name} (${version}) ${direction}, encryption ${encryption}: ${result}`)
    }
  }
}
