import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Relay } from '../../../lib/browser/relay/relay.ts'
import type { Command } from '../../../lib/browser/session/commands.ts'
import { NO_LIMITS, type SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { InfoHash, PeerId } from '../../../lib/torrent/ids.ts'

const SHARE = 'a'.repeat(40) as InfoHash

const swarm = (downloaded: number): SwarmSnapshot => ({
  infoHash: SHARE,
  peerId: '' as PeerId,
  role: 'reader',
  state: 'downloading',
  error: null,
  problem: null,
  length: 30,
  downloaded,
  saved: false,
  keptIn: 'disk',
  limits: NO_LIMITS,
  uploads: true,
  uploaded: 0,
  downloadRate: 0,
  uploadRate: 0,
  timeLeft: null,
  peers: [],
  webSeeds: [],
  fromPeers: 0,
  fromWebSeeds: 0,
  copies: 0,
  files: [
    { index: 0, downloaded, selected: true },
    { index: 1, downloaded: 0, selected: false },
  ],
  pieceMap: [2, 0],
  tracker: 'connected',
  unreached: 0,
  relay: false,
})

const channels: TabChannel[] = []

/** A channel whose tab can crash: from then on it neither receives nor sends anything. */
class TabChannel extends BroadcastChannel {
  #crashed = false

  constructor(name: string) {
    super(name)
    channels.push(this)
  }

  override postMessage(message: unknown): void {
    if (!this.#crashed) super.postMessage(message)
  }

  crash(): void {
    this.#crashed = true
    this.onmessage = null
  }
}

/** A tab that runs `own`, with the commands that reach it. */
function newTab(own: readonly SwarmSnapshot[] = []) {
  const commands: Command[] = []
  const tab = { own, commands, changed: () => {} }
  const relay = new Relay({
    getOwn: () => tab.own,
    onCommand: (infoHash, command) => {
      if (!tab.own.some(swarm => swarm.infoHash === infoHash)) return null
      commands.push(command)
      return Promise.resolve()
    },
    onChange: () => tab.changed(),
  })
  const channel = channels.at(-1)
  /** Resolves when the swarms of the other tabs change after `action`. */
  const change = async (action: () => void = () => {}) => {
    const changed = new Promise<void>(resolve => {
      tab.changed = resolve
    })
    action()
    await changed
    return relay.otherSwarms
  }
  return Object.assign(tab, { relay, change, crash: () => channel?.crash() })
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval'] })
  vi.stubGlobal('BroadcastChannel', TabChannel)
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page))
})
afterEach(() => {
  for (const channel of channels.splice(0)) channel.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('a tab shows what another one runs, file by file, and its progress', async () => {
  const runs = newTab([swarm(10)])
  const shows = newTab()
  expect(await shows.change()).toEqual([swarm(10)])
  runs.own = [swarm(20)]
  expect(await shows.change(() => runs.relay.sendState())).toEqual([swarm(20)])
})

test('a command is done by the tab that runs the share', async () => {
  const runs = newTab([swarm(10)])
  const shows = newTab()
  const bystander = newTab()
  expect(await shows.relay.send(SHARE, { do: 'pause' })).toBe(true)
  expect(runs.commands).toEqual([{ do: 'pause' }])
  expect(bystander.commands).toEqual([])
})

test('a command that no tab carries out resolves to false', async () => {
  const shows = newTab()
  newTab()
  const sent = shows.relay.send(SHARE, { do: 'pause' })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await sent).toBe(false)
})

test('the swarms of a tab are gone when it closes', async () => {
  newTab([swarm(10)])
  const shows = newTab()
  await shows.change()
  expect(await shows.change(() => dispatchEvent(new Event('pagehide')))).toEqual([])
})

test('the swarms of a tab are gone when it leaves three requests unanswered', async () => {
  const runs = newTab([swarm(10)])
  const shows = newTab()
  await shows.change()
  runs.crash()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(shows.relay.otherSwarms).toEqual([swarm(10)])
  expect(await shows.change(() => vi.advanceTimersByTime(5000))).toEqual([])
})
