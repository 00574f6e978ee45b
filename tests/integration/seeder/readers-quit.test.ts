import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { askToKeep, keptBy, publishFromNode, seederPid } from '../../support/clients/node-publisher.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { LONG, sized } from '../../support/long.ts'
import { startApp } from '../../support/server/app.ts'

const LIMIT = { timeout: 60_000, interval: 100 }
const READER = join(import.meta.dirname, '../../support/clients/reader-script.ts')
/** Rounds, and readers who quit in each. */
const SIZE = sized({ gate: { rounds: 3, readers: 3 }, long: { rounds: 7, readers: 8 } })

/** A reader that has everything, and is connected to whoever sent it. */
async function completeReader(torrentUrl: string, tracker: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [READER, torrentUrl, tracker], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  return child
}

test('readers who are gone without a word take nobody with them', {
  tags: 'long',
  timeout: sized({ gate: 180_000, long: 1_200_000 }),
}, async () => {
  using folder = tempFolder()
  await using server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
  const { engine, metainfo, ownerKey } = await publishFromNode(server.url, folder.path, 1_000_000, 21)
  await askToKeep(server.url, metainfo, ownerKey)
  await vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)
  const pid = seederPid(server)
  const torrentUrl = `${server.url}/t/${metainfo.infoHash}.torrent`
  const seederPeers = () => server.services.shareCache?.totals().peers ?? 0
  for (let round = 0; round < SIZE.rounds; round++) {
    // Among many, those of the last round would be noticed meanwhile, and hide the new ones.
    if (LONG) await vi.waitFor(() => expect(seederPeers()).toBeLessThanOrEqual(1), LIMIT)
    const before = seederPeers()
    const start = () => completeReader(torrentUrl, server.announceUrl)
    const readers = await Promise.all(Array.from({ length: SIZE.readers }, start))
    await vi.waitFor(() => expect(seederPeers()).toBeGreaterThan(before), LIMIT)
    for (const reader of readers) reader.kill('SIGKILL')
  }
  // Seeder and publisher notice after half a minute that nobody answers; at most they are left with each other.
  const publisherPeers = () => engine.getSwarm(metainfo.infoHash)?.peers.length
  await vi.waitFor(() => expect(seederPeers()).toBeLessThanOrEqual(1), LIMIT)
  await vi.waitFor(() => expect(publisherPeers()).toBeLessThanOrEqual(1), LIMIT)
  expect(seederPid(server)).toBe(pid)
  expect(server.log()).not.toMatch(/the seeder (ended|failed)/)
  await engine.close()
})
