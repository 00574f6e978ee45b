import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { CachedShareStatus } from '../../../lib/protocol/share.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { aria2Download } from '../../support/clients/classic.ts'
import { askToKeep, keptBy, publishFromNode, seederPid } from '../../support/clients/node-publisher.ts'
import { sha256File, tempFolder } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const LIMIT = { timeout: 60_000, interval: 100 }

/** What aria2c, which knows only TCP, makes of the `.torrent` that the server hands out. */
async function aria2(server: TestApp, { infoHash, name }: Metainfo, into: string): Promise<string> {
  await aria2Download(`${server.url}/t/${infoHash}.torrent`, into)
  return sha256File(join(into, name))
}

const SEEDER = { TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' }

/** Somebody who downloads what the server keeps, from its seeder alone. */
async function joinSeeder({ announceUrl }: TestApp, metainfo: Metainfo): Promise<SwarmEngine> {
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const network = { trackers: [announceUrl], iceServers: [], webSeeds: [] }
  await engine.join(metainfo, [0], network, new MemoryStore(metainfo))
  return engine
}

/** Bytes the seeder sent, as Prometheus hears it. */
async function sentBySeeder({ url }: TestApp): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^tabseed_seeder_uploaded_bytes_total (.+)$/m.exec(text)?.[1])
}

describe('a share that is kept alive', () => {
  test('outlives its publisher, reaches a classic client, and comes back after a kill', async () => {
    using folder = tempFolder()
    await using server = await startApp(SEEDER)
    const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(
      server.url,
      folder.path,
      12_345_678,
      7,
    )
    expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
    await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
    await engine.close()

    expect(await aria2(server, metainfo, join(folder.path, 'first'))).toBe(sha256)
    // The seeder announces over WebSocket and over HTTP, and is one all the same; its own copy is nobody's download.
    const scrape = `${server.url}/scrape?info_hash=${metainfo.infoHash.replace(/../g, '%$&')}`
    const counts = async () => (await fetch(scrape)).text()
    await vi.waitFor(async () => expect(await counts()).toContain('8:completei1e10:downloaded'), LIMIT)
    // aria2 says of itself whether it completed a download, or only that it stopped.
    expect(await counts()).toMatch(/downloadedi[01]e/)

    const before = seederPid(server)
    process.kill(before, 'SIGKILL')
    await vi.waitFor(() => expect(seederPid(server)).not.toBe(before), LIMIT)
    await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
    expect(await aria2(server, metainfo, join(folder.path, 'second'))).toBe(sha256)
  })

  test('counts what it sends, and never less, whoever goes', { tags: 'long' }, async () => {
    using folder = tempFolder()
    await using server = await startApp(SEEDER)
    const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 3_000_000, 12)
    const { length } = metainfo
    await askToKeep(server.url, metainfo, ownerKey)
    await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
    await engine.close()
    const sent = (bytes: number) =>
      vi.waitFor(async () => expect(await sentBySeeder(server)).toBeGreaterThanOrEqual(bytes), LIMIT)
    const first = await joinSeeder(server, metainfo)
    await sent(length)
    await first.close()

    const before = seederPid(server)
    process.kill(before, 'SIGKILL')
    await vi.waitFor(() => expect(seederPid(server)).not.toBe(before), LIMIT)
    await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
    const second = await joinSeeder(server, metainfo)
    await sent(2 * length)
    await second.close()
    await askToKeep(server.url, metainfo, ownerKey, 'DELETE')
    expect(await sentBySeeder(server)).toBeGreaterThanOrEqual(2 * length)
  })

  test('is let go of when its owner asks, and by nobody else', async () => {
    using folder = tempFolder()
    await using server = await startApp(SEEDER)
    const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 1_000_000, 8)
    expect((await askToKeep(server.url, metainfo, 'x'.repeat(43))).status).toBe(403)
    expect((await keptBy(server.url, metainfo)).asked).toBe(false)
    const answer = await askToKeep(server.url, metainfo, ownerKey)
    // The page shows the switch as the answer says, and looks again soon while it is on.
    expect(await answer.json()).toMatchObject({ asked: true, problem: null })
    await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
    expect((await askToKeep(server.url, metainfo, ownerKey, 'DELETE')).status).toBe(204)
    expect(await keptBy(server.url, metainfo)).toMatchObject({ asked: false, kept: 'no', have: 0 })
    await engine.close()
  })

  test('beyond the budget is refused with a reason, and costs nothing', async () => {
    using folder = tempFolder()
    await using server = await startApp({ ...SEEDER, TABSEED_SEEDER_BUDGET: '2MB' })
    const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 3_000_000, 9)
    await askToKeep(server.url, metainfo, ownerKey)
    await vi.waitFor(
      async () => expect((await keptBy(server.url, metainfo)).problem).toBe('seeder_full'),
      LIMIT,
    )
    expect(await keptBy(server.url, metainfo)).toMatchObject({ asked: false, kept: 'no' })
    await engine.close()
  })

  test('and let go of stays so where every share is kept, until somebody asks again', {
    tags: 'long',
    timeout: 120_000,
  }, async () => {
    using folder = tempFolder()
    const data = join(folder.path, 'data')
    const start = () =>
      startApp({
        ...SEEDER,
        TABSEED_DATA: data,
        TABSEED_KEEP_ALIVE: 'always',
        TABSEED_SEEDER_BUDGET: '3MB',
      })
    const untilKept = (url: string, metainfo: Metainfo, kept: Partial<CachedShareStatus>) =>
      vi.waitFor(async () => expect(await keptBy(url, metainfo)).toMatchObject(kept), LIMIT)
    /** Nobody has asked for it for two days, while the server is off. */
    const age = ({ infoHash }: Metainfo) => {
      const path = join(data, 'seeder', `${infoHash}.json`)
      const then = Date.now() - 2 * 86_400_000
      const record = { ...JSON.parse(readFileSync(path, 'utf8')), keptSince: then, usedAt: then }
      writeFileSync(path, JSON.stringify(record))
    }
    /** A share that is kept unasked and makes room for itself; its publisher leaves. */
    const publishKept = async (url: string, seed: number) => {
      const { engine, metainfo, ownerKey } = await publishFromNode(url, folder.path, 2_000_000, seed)
      await untilKept(url, metainfo, { asked: true, kept: 'yes' })
      await engine.close()
      return { metainfo, ownerKey }
    }
    await using first = await start()
    const old = await publishKept(first.url, 11)
    await first.stop()
    age(old.metainfo)
    await using second = await start()
    await untilKept(second.url, old.metainfo, { kept: 'yes' })
    const newer = await publishKept(second.url, 12)
    await untilKept(second.url, old.metainfo, { asked: false, kept: 'no' })
    await second.stop()
    age(newer.metainfo)

    await using third = await start()
    await untilKept(third.url, old.metainfo, { asked: false, problem: null })
    await untilKept(third.url, newer.metainfo, { asked: true, kept: 'yes' })
    await askToKeep(third.url, newer.metainfo, newer.ownerKey, 'DELETE')
    await vi.waitFor(
      () => expect(existsSync(join(data, 'seeder', newer.metainfo.infoHash))).toBe(false),
      LIMIT,
    )
    await third.stop()

    await using fourth = await start()
    await untilKept(fourth.url, newer.metainfo, { asked: false, kept: 'no' })
    await askToKeep(fourth.url, old.metainfo, old.ownerKey)
    const torrent = join(data, 'seeder', `${old.metainfo.infoHash}.torrent`)
    await vi.waitFor(() => expect(existsSync(torrent)).toBe(true), LIMIT)
    expect(await keptBy(fourth.url, old.metainfo)).toMatchObject({ asked: true, problem: null })
  })

  test('is not offered where the operator did not turn it on', async () => {
    using folder = tempFolder()
    await using server = await startApp()
    const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 100_000, 10)
    expect(await keptBy(server.url, metainfo)).toMatchObject({ offered: false, kept: 'no' })
    expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(403)
    await engine.close()
  })

  test('reaches Transmission, which takes no peer at a loopback address', {
    tags: 'long',
    timeout: 240_000,
  }, async () => {
    const address = '10.77.0.1'
    const setUp = [
      'ip link set lo up',
      'ip link add inside type veth peer name outside',
      `ip addr add ${address}/24 dev inside`,
      'ip link set inside up',
      'ip link set outside up',
      `exec "$0" tests/support/clients/transmission-script.ts ${address}`,
    ].join(' && ')
    const { stdout } = await promisify(execFile)('unshare', ['--net', 'sh', '-c', setUp, process.execPath])
    const { downloaded, published } = JSON.parse(stdout)
    expect(downloaded).toBe(published)
  })
})
