import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BrowserTab } from '../../../lib/browser/browser-tab.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'

/** No peers, and a web seed that nobody runs: the download neither ends nor needs WebRTC. */
const NETWORK = {
  trackers: [],
  iceServers: [],
  webSeeds: ['http://127.0.0.1:9/'],
  webSeedUse: 'only',
} as const

const channels: BroadcastChannel[] = []
const tabs: BrowserTab[] = []
let metainfo: Metainfo

class OpenChannel extends BroadcastChannel {
  constructor(name: string) {
    super(name)
    channels.push(this)
  }
}

function newTab(): BrowserTab {
  const tab = new BrowserTab()
  tabs.push(tab)
  return tab
}

/** A tab that downloads the share, and another one of the same browser that shows it. */
async function twoTabs() {
  const runs = newTab()
  const shows = newTab()
  await runs.locks.acquire(metainfo.infoHash, () =>
    runs.engine.join(metainfo, [0], NETWORK, new MemoryStore(metainfo)),
  )
  await vi.waitUntil(() => shows.session.getSwarm(metainfo.infoHash))
  return { runs, shows }
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  vi.stubGlobal('BroadcastChannel', OpenChannel)
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('addEventListener', () => {})
  const info = { name: 'a.bin', pieceLength: 16_384, pieces: new Uint8Array(20), private: false, length: 100 }
  metainfo = await parseMetainfo(encodeTorrent({ infoBytes: encodeInfo(info), announceList: [] }))
})
afterEach(async () => {
  await Promise.all(
    tabs.splice(0).map(async tab => {
      await tab.engine.close()
      tab.locks.release(metainfo.infoHash)
    }),
  )
  for (const channel of channels.splice(0)) channel.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('a share that one tab runs is shown by the other one', async () => {
  const { runs, shows } = await twoTabs()
  expect(runs.session.isElsewhere(metainfo.infoHash)).toBe(false)
  expect(shows.session.isElsewhere(metainfo.infoHash)).toBe(true)
  expect(shows.engine.getSnapshot()).toEqual([])
})

test('a command of one tab is carried out by the one that runs the share', async () => {
  const { runs, shows } = await twoTabs()
  shows.session.pause(metainfo.infoHash)
  await vi.waitUntil(() => runs.engine.getSwarm(metainfo.infoHash)?.state === 'paused')
  await vi.waitUntil(() => shows.session.getSwarm(metainfo.infoHash)?.state === 'paused')
})

test('when the share is left, its lock is released for the tab that waits', async () => {
  const { runs, shows } = await twoTabs()
  const begun = Promise.withResolvers<void>()
  const isHere = await shows.locks.acquire(metainfo.infoHash, async () => begun.resolve())
  expect(isHere).toBe(false)
  await runs.session.leave(metainfo.infoHash)
  await begun.promise
  expect(runs.locks.isRequested(metainfo.infoHash)).toBe(false)
})

test('tabs share no state of their own', () => {
  const [one, other] = [newTab(), newTab()]
  one.losses.set(metainfo.infoHash, 5)
  one.restorations.set(metainfo.infoHash, { state: 'needs-permission' })
  one.draft.put({ files: [], title: 'a', description: '' })
  expect(other.losses.get(metainfo.infoHash)).toBe(0)
  expect(other.restorations.get(metainfo.infoHash)).toBeUndefined()
  expect(other.draft.take()).toBeNull()
  expect(one.draft.take()?.title).toBe('a')
  expect(one.draft.take()).toBeNull()
})
