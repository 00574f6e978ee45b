import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { aria2Download } from '../../support/clients/classic.ts'
import { nodeSwarm } from '../../support/clients/node-swarm.ts'
import { sha256File, tempFolder } from '../../support/content/fixtures.ts'

const MB = 1e6
const LIMIT = { timeout: 90_000, interval: 100 }

test('a publisher with a thin uplink sends each piece about once to four readers', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const size = 12 * MB
  await using swarm = await nodeSwarm({ readers: 4, size, cap: MB })
  await swarm.start()
  await vi.waitFor(() => {
    for (const reader of swarm.readers) expect(swarm.stateOf(reader).state).toBe('done')
  }, LIMIT)
  expect(swarm.stateOf(swarm.publisher).uploaded).toBeLessThanOrEqual(1.1 * size)
})

test('a classic client gets everything from a thin uplink, beside readers who have most of it', {
  tags: 'long',
  timeout: 200_000,
}, async () => {
  using folder = tempFolder()
  await using swarm = await nodeSwarm({ readers: 2, size: 6 * MB, cap: MB })
  await swarm.start()
  const { name } = swarm.metainfo
  await aria2Download(`${swarm.app.url}/t/${swarm.metainfo.infoHash}.torrent`, folder.path)
  expect(sha256File(join(folder.path, name))).toBe(createHash('sha256').update(swarm.content).digest('hex'))
  await vi.waitFor(() => {
    for (const reader of swarm.readers) expect(swarm.stateOf(reader).state).toBe('done')
  }, LIMIT)
})
