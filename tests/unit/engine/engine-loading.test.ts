import { afterEach, expect, it, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { engineContent } from '../../support/content/engine-content.ts'
import { noise } from '../../support/content/fixtures.ts'

const { metainfo } = engineContent('content.bin', noise(1000, 3), 16 * 1024)
const network = { trackers: [], iceServers: [], webSeeds: [], webSeedUse: 'only' } as const

let engine = new SwarmEngine()
afterEach(async () => {
  await engine.close()
  engine = new SwarmEngine()
})

const join = () => engine.join(metainfo, [0], network, new MemoryStore(metainfo))

it('joins a share once when it is asked twice before its code is loaded', async () => {
  await Promise.all([join(), join()])
  expect(engine.getSnapshot()).toHaveLength(1)
})

it('has a swarm at once when its code is loaded, for a command right after', async () => {
  await engine.loadSwarms()
  const joined = join()
  await engine.pause(metainfo.infoHash)
  await joined
  const unsubscribe = engine.subscribe(() => undefined)
  await vi.waitFor(() => expect(engine.getSwarm(metainfo.infoHash)?.state).toBe('paused'), 5_000)
  unsubscribe()
})
