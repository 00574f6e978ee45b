import { createHash } from 'node:crypto'
import { cp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { openFileStore } from '../../../server/node-engine/file-store.ts'
import { askToKeep, keptBy, publishFromNode, seederPid } from '../../support/clients/node-publisher.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 60_000, interval: 50 }
const BYTES = 100_000_000
/** Bytes a second: the transfer lasts long enough to be killed anywhere in it. */
const RATE = 25_000_000
const KILLS = 5
/** A checkpoint is written every two seconds; what came since is hashed again. */
const RECHECKED_MAX_BYTES = 2.5 * RATE
const SEEDER = ['--seeder', 'on', '--seeder-port', '0', '--seeder-download', `${RATE}B`]

const { ends } = endAfterEach()

/** A process that ended and that nobody waited for is none any more. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z')
  return !/ Z/.test(stat)
}

async function killSeeder(server: TestServer): Promise<number> {
  const pid = seederPid(server)
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), LIMIT)
  return pid
}

/** How much the server has; what it does not have whole it does not serve. */
async function lookAt(server: TestServer, metainfo: Metainfo) {
  const { status } = await fetch(`${server.url}/w/${metainfo.infoHash}/${metainfo.name}`, { method: 'HEAD' })
  const kept = await keptBy(server.url, metainfo)
  if (kept.kept !== 'yes') expect(status).toBe(404)
  return kept
}

/** What a store finds in what a killed seeder left. */
async function reopened(server: TestServer, metainfo: Metainfo) {
  using copy = tempFolder()
  const { infoHash, pieceLength } = metainfo
  await cp(join(server.dataDirectory, 'seeder', infoHash), join(copy.path, infoHash), { recursive: true })
  const store = await openFileStore(metainfo, [0], copy.path)
  const have = store.have.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  await store.close()
  return {
    have: have * pieceLength,
    rechecked: store.report.rechecked * pieceLength,
    lost: store.report.lost,
  }
}

describe('a seeder that is killed', () => {
  test('while it fetches, again and again, ends with every byte and fetches none of them twice', {
    tags: 'long',
    timeout: 240_000,
  }, async () => {
    const folder = tempFolder()
    ends.push(() => folder[Symbol.dispose]())
    const server = await startServer(SEEDER)
    ends.push(() => server[Symbol.asyncDispose]())
    const published = await publishFromNode(server.url, folder.path, BYTES, 41)
    ends.push(() => published.engine.close())
    const { engine, metainfo, ownerKey, sha256 } = published
    await askToKeep(server.url, metainfo, ownerKey)

    const points = Array.from({ length: KILLS }, () => Math.floor(Math.random() * BYTES)).sort(
      (a, b) => a - b,
    )
    for (const point of points) {
      const { have } = await vi.waitFor(async () => {
        const kept = await lookAt(server, metainfo)
        expect(kept.kept === 'yes' || kept.have >= point, `${kept.have} of ${point}`).toBe(true)
        return kept
      }, LIMIT)
      const killed = await killSeeder(server)
      const found = await reopened(server, metainfo)
      expect(found, `killed at ${have} for ${points}`).toMatchObject({ lost: 0 })
      expect(found.have).toBeGreaterThanOrEqual(have)
      expect(found.rechecked).toBeLessThan(RECHECKED_MAX_BYTES)
      await vi.waitFor(() => expect(seederPid(server)).not.toBe(killed), LIMIT)
    }
    await vi.waitFor(async () => expect((await lookAt(server, metainfo)).kept).toBe('yes'), LIMIT)
    const response = await fetch(`${server.url}/w/${metainfo.infoHash}/${metainfo.name}`)
    expect(
      createHash('sha256')
        .update(new Uint8Array(await response.arrayBuffer()))
        .digest('hex'),
    ).toBe(sha256)
    // Only what was on its way at each kill came twice.
    const { uploaded = 0 } = engine.getSwarm(metainfo.infoHash) ?? {}
    expect(uploaded - BYTES).toBeLessThan(KILLS * 8_000_000)
  })

  test('with its server ends by itself, whatever it is doing', async () => {
    const folder = tempFolder()
    ends.push(() => folder[Symbol.dispose]())
    const server = await startServer(SEEDER)
    ends.push(() => server[Symbol.asyncDispose]())
    const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, BYTES, 42)
    ends.push(() => engine.close())
    await askToKeep(server.url, metainfo, ownerKey)
    await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).have).toBeGreaterThan(0), LIMIT)
    const pid = seederPid(server)
    await server.stop('SIGKILL')
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), { ...LIMIT, timeout: 10_000 })
    expect(await reopened(server, metainfo)).toMatchObject({ lost: 0 })
  })
})

test('a TCP port that is taken is said, tried again, and holds up neither pages nor the end', async () => {
  const occupant = createServer()
  await new Promise<void>(resolve => occupant.listen(0, resolve))
  ends.push(() => occupant.close())
  const address = occupant.address()
  const port = typeof address === 'object' ? address?.port : 0
  const server = await startServer(['--seeder', 'on', '--seeder-port', String(port)])
  ends.push(() => server[Symbol.asyncDispose]())
  const said = `port ${port} is taken: choose another with TABSEED_SEEDER_PORT`
  await vi.waitFor(() => expect(server.log()).toContain(said), LIMIT)
  expect(server.log()).not.toContain('"stack"')
  expect((await fetch(`${server.url}/healthz`)).ok).toBe(true)
  occupant.close()
  await vi.waitFor(() => expect(seederPid(server)).toBeGreaterThan(0), LIMIT)
  expect(server.log()).toContain(`"port":${port}`)
  expect(await server.stop()).toBe(0)
})
