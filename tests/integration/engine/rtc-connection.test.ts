import { afterEach, expect, test, vi } from 'vitest'
import { RtcConnection } from '../../../lib/engine/connect/rtc-connection.ts'
import { NODE_PLATFORM } from '../../../server/node-engine/node-platform.ts'

const LIMIT = { timeout: 15_000, interval: 20 }

const made: RtcConnection[] = []
afterEach(() => {
  for (const connection of made.splice(0)) connection.destroy()
})

function create({ initiator }: { initiator: boolean }): RtcConnection {
  const { RTCPeerConnection: Connection } = NODE_PLATFORM
  if (!Connection) throw new Error('no WebRTC')
  const config = { iceServers: [] }
  const connection = new RtcConnection({
    connection: new Connection(config),
    config,
    initiator,
    patient: false,
  })
  made.push(connection)
  return connection
}

/** The two ends of one connection, which is being set up. */
function pair() {
  const [one, two] = [create({ initiator: true }), create({ initiator: false })]
  one.once('description', ({ sdp }) => two.accept({ type: 'offer', sdp }))
  two.once('description', ({ sdp }) => one.accept({ type: 'answer', sdp }))
  return { one, two }
}

async function connected() {
  const { one, two } = pair()
  await vi.waitFor(() => expect([one.connected, two.connected]).toEqual([true, true]), LIMIT)
  return { one, two }
}

const closed = (connection: RtcConnection) =>
  new Promise<unknown>(resolve => {
    connection.once('close', resolve)
  })

test('one offer and one answer, with their candidates, connect two ends; early messages wait', async () => {
  const { one, two } = await connected()
  let arrived = 0
  two.channel.addEventListener('message', () => {
    arrived++
  })
  one.channel.send(new Uint8Array([1, 2]))
  one.channel.send(new Uint8Array([3]))
  await vi.waitFor(() => expect(arrived).toBe(2), LIMIT)
  const got: number[][] = []
  two.onMessage(bytes => got.push([...bytes]))
  expect(got).toEqual([[1, 2], [3]])
})

test('either end may close it, which is no fault to the other', async () => {
  const { one, two } = await connected()
  const ends = Promise.all([closed(one), closed(two)])
  two.destroy()
  expect(await ends).toEqual([undefined, undefined])
  expect([one.destroyed, one.connected, two.connected]).toEqual([true, false, false])
})

test.each(['', 'v=0', 'junk\r\na=candidate:x'])('a description that is none ends it: %j', async sdp => {
  const connection = create({ initiator: false })
  const error = vi.fn()
  connection.once('error', error)
  const end = closed(connection)
  connection.accept({ type: 'offer', sdp })
  expect(await end).toBe('refused')
  expect(error).toHaveBeenCalledOnce()
  // Over: nothing more is taken, and nothing throws.
  connection.accept({ type: 'offer', sdp })
})

test('candidates that are no use leave the others', async () => {
  const [one, two] = [create({ initiator: true }), create({ initiator: false })]
  const junk = 'a=candidate:1 1 UDP 1 nowhere.invalid 9 typ host\r\na=candidate:nonsense'
  one.once('description', ({ sdp }) => two.accept({ type: 'offer', sdp: `${sdp}${junk}\r\n` }))
  two.once('description', ({ sdp }) => one.accept({ type: 'answer', sdp: `${sdp}${junk}\r\n` }))
  await vi.waitFor(() => expect([one.connected, two.connected]).toEqual([true, true]), LIMIT)
})

test('more than a mebibyte that nobody takes ends it', async () => {
  const { one, two } = await connected()
  const end = closed(two)
  for (let part = 0; part < 20; part++) one.channel.send(new Uint8Array(64 * 1024))
  expect(await end).toBe('refused')
})
