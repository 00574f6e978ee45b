import { openAsBlob, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { runCli } from '../../support/clients/cli.ts'
import { contentIn } from '../../support/clients/node-publisher.ts'
import { sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'

/** A file that somebody seeds at no tracker at all, and the magnet link that names them. */
async function seededFile(folder: string, seed: number) {
  const { metainfo, path } = await contentIn(folder, 700_000, seed)
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const port = await engine.listen()
  await engine.publish(metainfo, [await openAsBlob(path)], { trackers: [], iceServers: [], webSeeds: [] })
  const { infoHash, name } = metainfo
  const peers = [`127.0.0.1:${port}`]
  const magnet = formatMagnet({ infoHash, name, length: null, trackers: [], source: null, peers })
  return { metainfo, path, magnet, engine, [Symbol.asyncDispose]: () => engine.close() }
}

test('verify and repair take what such a magnet link describes, and the pieces, from that peer', async () => {
  using folder = tempFolder()
  await using seeded = await seededFile(folder.path, 44)
  const copy = join(folder.path, 'copy', seeded.metainfo.name)
  const bytes = readFileSync(seeded.path)
  writeTree(join(folder.path, 'copy'), {
    [seeded.metainfo.name]: Buffer.concat([bytes.subarray(0, 600_000)]),
  })
  const bad = await runCli(folder.path, 'verify', '--idle-timeout', '20', '-t', seeded.magnet, copy)
  expect(bad.code, bad.stderr).toBe(1)
  expect(bad.stdout).toContain(seeded.metainfo.name)
  const repaired = await runCli(
    folder.path,
    'repair',
    '--idle-timeout',
    '20',
    '--json',
    '-t',
    seeded.magnet,
    copy,
  )
  expect(repaired.code, repaired.stderr).toBe(0)
  // Its last piece alone.
  expect(JSON.parse(repaired.stdout).fetched).toBe(700_000 - 2 * 262_144)
  expect(sha256File(copy)).toBe(sha256File(seeded.path))
  const right = await runCli(folder.path, 'verify', '--idle-timeout', '20', '-t', seeded.magnet, copy)
  expect(right.code, right.stderr).toBe(0)
})

test('seed reads such a magnet link too, and calls the peer that it names', { tags: 'long' }, async () => {
  using folder = tempFolder()
  await using seeded = await seededFile(folder.path, 45)
  const { infoHash } = seeded.metainfo
  const copy = join(folder.path, 'copy', seeded.metainfo.name)
  writeTree(join(folder.path, 'copy'), { [seeded.metainfo.name]: readFileSync(seeded.path) })
  const seeding = runCli(folder.path, 'seed', '--seed-time', '15s', '-t', seeded.magnet, copy)
  const peers = () => {
    seeded.engine.subscribe(() => undefined)()
    return seeded.engine.getSwarm(infoHash)?.peers.filter(({ progress }) => progress === 1).length ?? 0
  }
  await vi.waitFor(() => expect(peers()).toBe(1), { timeout: 20_000, interval: 100 })
  const { code, stderr, stdout } = await seeding
  expect(code, stderr).toBe(0)
  expect(stdout).toContain(infoHash)
})

test.each(['127.0.0.1', 'localhost', '[::1]'])('a magnet link names its only peer: %s', async host => {
  using folder = tempFolder()
  const { metainfo, path } = await contentIn(folder.path, 700_000, 41)
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const port = await engine.listen()
  await engine.publish(metainfo, [await openAsBlob(path)], { trackers: [], iceServers: [], webSeeds: [] })
  const { infoHash, name } = metainfo
  // Nobody is at the first one.
  const peers = ['127.0.0.1:9', `${host}:${port}`]
  const magnet = formatMagnet({ infoHash, name, length: null, trackers: [], source: null, peers })
  const into = join(folder.path, 'got')
  const { code, stderr } = await runCli(folder.path, 'get', '-o', into, magnet)
  expect(stderr).not.toContain('error')
  expect(code).toBe(0)
  expect(sha256File(join(into, name))).toBe(sha256File(path))
  await engine.close()
})
