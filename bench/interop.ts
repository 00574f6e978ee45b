/**
 * Classic BitTorrent clients and our seeder on this machine, one after the other: each gets a share from the seeder and
 * gives one to it, and does the same with aria2 to compare, over TCP; as it does by itself and with encryption required. Seconds from its start
 * to the last byte on disk, byte for byte, and how many times those of aria2 in the same run. Runs as root in namespaces of
 * its own: one of network, with an address that is not of the loopback, since Transmission takes no peers at 127.0.0.1; and
 * one of processes, so that no client outlives this one, however it ends.
 *
 *     npm run bench:interop [-- --bytes 200000000 --client Transmission --way 'gets from']
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
import { aria2, CLIENTS, type Client, type Encryption, end } from './interop/clients.ts'
import { WrittenPieces } from './interop/written-pieces.ts'
import { print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: '200000000' },
    client: { type: 'string' },
    way: { type: 'string', default: '' },
  },
})
const bytes = Number(options.bytes)
const ADDRESS = '10.9.9.1'
const LIMIT_MS = 180_000
const LOOK_MS = 100

if (!networkInterfaces()['wan']?.some(({ address }) => address === ADDRESS)) {
  const prepare = `ip link set lo up && ip link add wan type veth peer name far && ip link set far up && ip link set wan up && ip addr add ${ADDRESS}/24 dev wan && ip route add default dev wan && exec "$@"`
  const own = [
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-c',
    prepare,
    'sh',
    process.execPath,
    ...process.argv.slice(1),
  ]
  process.exit(spawnSync('unshare', own, { stdio: 'inherit' }).status ?? 1)
}

// The first process of a namespace gets only the signals that it asks for.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

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

/** Starts the client with a share of its own, which it alone has; resolves when it has announced itself as a seed. */
async function seeding(client: Client, encryption: Encryption) {
  const made = await contentIn(newFolder('source'), bytes, randomBytes(3).readUIntBE(0, 3))
  const { metainfo } = made
  const answer = await postTorrent(server.url, made.torrent)
  const { ownerKey = '' } = createdShareSchema.parse(await answer.json())
  const content = newFolder('gives')
  cpSync(made.path, join(content, metainfo.name))
  const torrent = plainTorrent(metainfo)
  const child = client.start({ torrent, content, work: newFolder('work'), encryption })
  // Clients check the file first.
  const isSeed = (await until(async () => (await seeds(metainfo)) > 0)) !== null
  const stop = async () => {
    await end(child)
    await remove(metainfo, ownerKey)
  }
  return { isSeed, metainfo, ownerKey, stop, torrent }
}

/** Our seeder gets another share from the client, the only one who has it. */
async function gives(client: Client, encryption: Encryption): Promise<number | null> {
  const { isSeed, metainfo, ownerKey, stop } = await seeding(client, encryption)
  const seconds = isSeed ? await keep(metainfo, ownerKey) : null
  await stop()
  return seconds
}

/** One client gets a share from another: their own pace, without anything of ours but the tracker. */
async function passes(giver: Client, taker: Client, encryption: Encryption): Promise<number | null> {
  const { isSeed, metainfo, stop, torrent } = await seeding(giver, encryption)
  const content = newFolder('gets')
  const pieces = new WrittenPieces(metainfo)
  const reader = taker.start({ torrent, content, work: newFolder('work'), encryption })
  const seconds = isSeed ? await until(() => pieces.areAllIn(join(content, metainfo.name))) : null
  await end(reader)
  await stop()
  return seconds
}

type Measure = (client: Client, encryption: Encryption) => Promise<number | null>
const WAYS: Readonly<Record<string, Measure>> = {
  'gets from our seeder': gets,
  'gets from aria2': (client, encryption) => passes(aria2, client, encryption),
  'gives to our seeder': gives,
  'gives to aria2': (client, encryption) => passes(client, aria2, encryption),
}

const asked = CLIENTS.filter(
  client => client === aria2 || !options.client || client.name.startsWith(options.client),
)
for (const [way, measure] of Object.entries(WAYS)) {
  if (!way.startsWith(options.way)) continue
  for (const encryption of ['usual', 'required'] as const) {
    let ofAria2 = 0
    for (const client of asked) {
      const version = client.version()
      if (version === null) {
        print(`${client.name}: not installed`)
        continue
      }
      const seconds = await measure(client, encryption)
      if (client === aria2) ofAria2 = seconds ?? 0
      const result =
        seconds === null ? 'FAILED' : `${seconds.toFixed(1)} s, ${(seconds / ofAria2).toFixed(2)} x aria2`
      print(`${client.name} (${version}) ${way}, encryption ${encryption}: ${result}`)
    }
  }
}
