import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type SocketUser, TrackerSockets } from '../../../../lib/engine/connect/trackers/tracker-socket.ts'
import { ScriptedSocket } from '../../../support/fakes/scripted-socket.ts'

const URL = 'wss://tracker.example/announce'
const HASH = 'h'.repeat(20)
const OTHER = 'o'.repeat(20)
const counts = (info_hash: string) => ({ action: 'announce', info_hash, complete: 1, incomplete: 2 })

beforeEach(() => {
  ScriptedSocket.opened.length = 0
  vi.useFakeTimers()
})
afterEach(() => void vi.useRealTimers())

const sockets = () => new TrackerSockets(url => new ScriptedSocket(url) as unknown as WebSocket)

/** A swarm that notes what it hears. */
function swarm(binaryHash = HASH) {
  const heard: unknown[] = []
  const user: SocketUser = {
    binaryHash,
    onOpen: () => heard.push('open'),
    onReply: ({ complete }) => heard.push(complete),
    onLost: reason => heard.push({ lost: reason }),
  }
  return { heard, user }
}

test('swarms of one tracker share a socket, each hears of its own share, and the last one closes it', async () => {
  const pool = sockets()
  const [one, two] = [swarm(), swarm(OTHER)]
  pool.at(URL).add(one.user)
  expect(pool.at(URL)).toBe(pool.at(URL))
  ScriptedSocket.last.open()
  pool.at(URL).add(two.user)
  ScriptedSocket.last.receive(counts(OTHER))
  expect(ScriptedSocket.opened).toHaveLength(1)
  expect(one.heard).toEqual(['open'])
  expect(two.heard).toEqual(['open', 1])
  await pool.at(URL).remove(one.user)
  expect(ScriptedSocket.last.readyState).toBe(ScriptedSocket.last.OPEN)
  const removed = pool.at(URL).remove(two.user)
  expect(ScriptedSocket.last.readyState).toBe(ScriptedSocket.last.CLOSING)
  ScriptedSocket.last.end()
  await removed
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ScriptedSocket.opened).toHaveLength(1)
})

test('a lost socket is dialled again: within a second, then less often, never less than three times a minute', async () => {
  const { heard, user } = swarm()
  sockets().at(URL).add(user)
  ScriptedSocket.last.open()
  ScriptedSocket.last.end()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ScriptedSocket.opened).toHaveLength(2)
  for (let failure = 0; failure < 8; failure++) {
    ScriptedSocket.last.fail(new Error('connect ECONNREFUSED'))
    await vi.advanceTimersByTimeAsync(20_000)
  }
  // One that did not open in time counts too.
  expect(ScriptedSocket.opened.length).toBeGreaterThanOrEqual(10)
  ScriptedSocket.last.open()
  expect(heard.slice(0, 3)).toEqual(['open', { lost: null }, { lost: 'connect ECONNREFUSED' }])
  expect(heard.at(-1)).toBe('open')
})

test('a call to wake dials a lost socket at once, and leaves one that opens', async () => {
  const socket = sockets().at(URL)
  socket.add(swarm().user)
  socket.wake()
  ScriptedSocket.last.fail()
  socket.wake()
  socket.wake()
  expect(ScriptedSocket.opened).toHaveLength(2)
})

test.each([
  ['that does not open', false, 10_000],
  ['on which an announce is not answered', true, 6_000],
])('a socket %s is given up', async (_, opens, limitMs) => {
  const { heard, user } = swarm()
  const socket = sockets().at(URL)
  socket.add(user)
  if (opens) {
    ScriptedSocket.last.open()
    socket.send({ action: 'announce' }, { expectsAnswer: false })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(heard).toEqual(['open'])
    socket.send({ action: 'announce' }, { expectsAnswer: true })
  }
  await vi.advanceTimersByTimeAsync(limitMs)
  expect(heard.at(-1)).toEqual({ lost: 'no answer in time' })
})

test('what is no message of a tracker is dropped; a URL that may not be used is a loss like another', async () => {
  const { heard, user } = swarm()
  sockets().at(URL).add(user)
  ScriptedSocket.last.open()
  for (const junk of ['', '{', 'null', '[]', '"x"', { action: 'announce', info_hash: 5 }]) {
    ScriptedSocket.last.receive(junk)
  }
  expect(heard).toEqual(['open'])
  const refused = swarm()
  const pool = new TrackerSockets(() => {
    throw new Error('an insecure socket')
  })
  pool.at('ws://tracker.example').add(refused.user)
  await vi.advanceTimersByTimeAsync(100)
  expect(refused.heard).toEqual([{ lost: 'an insecure socket' }])
})
