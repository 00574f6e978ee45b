import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RtcConnection } from '../../../../lib/engine/connect/rtc-connection.ts'
import { SwarmTrackers } from '../../../../lib/engine/connect/trackers/swarm-trackers.ts'
import type { TrackerFault } from '../../../../lib/engine/connect/trackers/tracker-fault.ts'
import { TrackerSockets } from '../../../../lib/engine/connect/trackers/tracker-socket.ts'
import { NOT_TRACKED } from '../../../../lib/protocol/announce.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import { ScriptedSocket } from '../../../support/fakes/scripted-socket.ts'

const URL = 'wss://tracker.example/announce'
const HASH = 'ab'.repeat(20)
const BINARY = '\u00ab'.repeat(20)
const PEER = 'p'.repeat(20)
const counts = (complete: number, incomplete: number, more: object = {}) => ({
  action: 'announce',
  info_hash: BINARY,
  complete,
  incomplete,
  ...more,
})

beforeEach(() => {
  ScriptedSocket.opened.length = 0
  vi.useFakeTimers()
})
afterEach(() => void vi.useRealTimers())

/** A connection that has its description at once. */
class Connection {
  id = ''
  destroyed = false
  accepted: unknown = null
  readonly #listeners = new Map<string, (value?: unknown) => void>()
  once(event: string, listener: (value?: unknown) => void): void {
    this.#listeners.set(event, listener)
    if (event === 'description') queueMicrotask(() => listener({ type: 'offer', sdp: 'v=0' }))
  }
  accept(description: unknown): void {
    this.accepted = description
  }
  destroy(): void {
    this.destroyed = true
    this.#listeners.get('close')?.()
  }
}

/** A swarm at one tracker, or at those of `urls`. */
function announced({ left = 100, urls = [URL] } = {}) {
  const made: Connection[] = []
  const added: Connection[] = []
  const faults: TrackerFault[] = []
  const progress = { uploaded: 1, downloaded: 2, left }
  const onNotTracked = vi.fn()
  const trackers = new SwarmTrackers(
    {
      infoHash: HASH as InfoHash,
      peerId: 'cd'.repeat(20),
      port: () => 0,
      progress: () => progress,
      createConnection: () => {
        const connection = new Connection()
        made.push(connection)
        return connection as unknown as RtcConnection
      },
      addConnection: connection => added.push(connection as unknown as Connection) > 0,
      addAddress: () => undefined,
      onCounts: () => undefined,
      onFault: fault => faults.push(fault),
    },
    urls,
    {
      sockets: new TrackerSockets(url => new ScriptedSocket(url) as unknown as WebSocket),
      openClassicTracker: null,
      onNotTracked,
    },
  )
  trackers.start()
  return { added, faults, made, onNotTracked, progress, trackers }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

test('a seed announces without offers, and offers to those who lack something', async () => {
  const { trackers } = announced({ left: 0 })
  ScriptedSocket.last.open()
  await settle()
  expect(ScriptedSocket.last.sent).toEqual([
    {
      action: 'announce',
      info_hash: BINARY,
      peer_id: '\u00cd'.repeat(20),
      event: 'started',
      uploaded: 1,
      downloaded: 2,
      left: 0,
      numwant: 0,
      offers: [],
    },
  ])
  expect(trackers.state).toBe('connecting')
  ScriptedSocket.last.receive(counts(9, 2))
  expect(trackers.state).toBe('connected')
  await settle()
  expect(ScriptedSocket.last.sent).toHaveLength(2)
  expect(ScriptedSocket.last.sent[1]).toMatchObject({ numwant: 2, offers: [{}, {}] })
  expect(ScriptedSocket.last.sent[1]).not.toHaveProperty('event')
  // The answer to that one asks for no more.
  ScriptedSocket.last.receive(counts(9, 2))
  await settle()
  expect(ScriptedSocket.last.sent).toHaveLength(2)
})

test('an answer is taken once, for an offer that was made; an offer is answered to whoever sent it', async () => {
  const { added } = announced()
  await settle()
  ScriptedSocket.last.open()
  const [first] = ScriptedSocket.last.sent as unknown as [{ offers: [{ offer_id: string }] }]
  const { offer_id } = first.offers[0]
  const answer = { type: 'answer', sdp: 'v=0 answer' }
  const reply = { action: 'announce', info_hash: BINARY, peer_id: PEER, answer }
  ScriptedSocket.last.receive({ ...reply, offer_id: 'x'.repeat(20) })
  ScriptedSocket.last.receive({ ...reply, offer_id })
  ScriptedSocket.last.receive({ ...reply, offer_id })
  expect(added.map(({ accepted, id }) => ({ accepted, id }))).toEqual([
    { accepted: answer, id: '70'.repeat(20) },
  ])
  const offer = { type: 'offer', sdp: 'v=0 offer' }
  ScriptedSocket.last.receive({ action: 'announce', info_hash: BINARY, peer_id: PEER, offer, offer_id })
  await settle()
  expect(added[1]?.accepted).toEqual(offer)
  expect(ScriptedSocket.last.sent.at(-1)).toMatchObject({ to_peer_id: PEER, offer_id, answer: {} })
})

test('what was completed while the tracker was away is said when it is back, and offers of before are withdrawn', async () => {
  const { made, progress, trackers } = announced()
  await settle()
  ScriptedSocket.last.open()
  ScriptedSocket.last.end()
  expect(trackers.state).toBe('unreachable')
  expect(made.map(({ destroyed }) => destroyed)).toEqual([true])
  progress.left = 0
  trackers.complete()
  await vi.advanceTimersByTimeAsync(1_000)
  ScriptedSocket.last.open()
  expect(ScriptedSocket.last.sent).toMatchObject([{ event: 'completed', left: 0 }])
})

test('it announces at the interval of the tracker, and says when it leaves', async () => {
  const { trackers } = announced({ left: 0 })
  ScriptedSocket.last.open()
  ScriptedSocket.last.receive(counts(1, 0, { interval: 100, 'tracker id': 'tid' }))
  await vi.advanceTimersByTimeAsync(99_000)
  expect(ScriptedSocket.last.sent).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ScriptedSocket.last.sent[1]).toMatchObject({ trackerid: 'tid', numwant: 0 })
  ScriptedSocket.last.receive(counts(1, 0))
  const stopped = trackers.stop()
  expect(ScriptedSocket.last.sent[2]).toMatchObject({ event: 'stopped', trackerid: 'tid' })
  await vi.advanceTimersByTimeAsync(1_000)
  await stopped
})

test('faults name their tracker; a share is not tracked once every tracker says so', () => {
  const urls = ['wss://one.example/', 'wss://two.example', 'wss://two.example', 'udp://left.out:1']
  const { faults, onNotTracked } = announced({ left: 0, urls })
  const [one, two, ...others] = ScriptedSocket.opened
  expect(others).toEqual([])
  for (const socket of ScriptedSocket.opened) socket.open()
  const refusal = { action: 'announce', info_hash: BINARY, 'failure reason': NOT_TRACKED }
  one?.receive(refusal)
  one?.receive(refusal)
  expect(onNotTracked).not.toHaveBeenCalled()
  two?.receive(refusal)
  expect(onNotTracked).toHaveBeenCalledExactlyOnceWith('share_not_found')
  expect(faults.map(({ url }) => url)).toEqual([
    'wss://one.example',
    'wss://one.example',
    'wss://two.example',
  ])
  one?.receive(counts(1, 0))
  two?.receive(refusal)
  expect(onNotTracked).toHaveBeenCalledExactlyOnceWith('share_not_found')
})
