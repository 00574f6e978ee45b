import { expect, test, vi } from 'vitest'
import { encodeLaneMessage } from '../../../lib/engine/connect/lanes/lane-messages.ts'
import type { SentBlock } from '../../../lib/engine/connect/lanes/sent-blocks.ts'
import { connectHere, type LaneSide, lanePair } from '../../support/clients/lane-pair.ts'
import { noise } from '../../support/content/fixtures.ts'

const LIMIT = { timeout: 20_000, interval: 10 }
const BLOCK = 64 * 1024
/** So much waits on the first connection that every block goes into a lane. */
const FULL = { buffered: 1024 * 1024, delayMs: () => 60_000 }

const content = noise(8 * BLOCK, 9)
const blockAt = (at: number) => ({ piece: 0, offset: at * BLOCK, length: BLOCK })
const bytesAt = (at: number) => content.subarray(at * BLOCK, (at + 1) * BLOCK)

async function opened(receiver: LaneSide, count: number): Promise<void> {
  receiver.lanes.open(count)
  await vi.waitFor(() => {
    expect(receiver.lanes.opening).toBe(0)
    expect(receiver.lanes.count).toBe(count)
  }, LIMIT)
}

/** Sends a block on a lane, once there is one with room. */
const sent = (sender: LaneSide, at: number) =>
  vi.waitFor(() => expect(sender.lanes.send(0, at * BLOCK, bytesAt(at), FULL)).toBe(true), LIMIT)

test('blocks arrive over several lanes, as if they had come over the wire', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 3)
  for (let at = 0; at < 8; at++) {
    receiver.wire.requests.push(blockAt(at))
    await sent(sender, at)
  }
  await vi.waitFor(() => expect(receiver.wire.blocks).toHaveLength(8), LIMIT)
  expect(receiver.wire.requests).toHaveLength(0)
  const byOffset = receiver.wire.blocks.map(bytes => [Buffer.from(bytes).readUInt32BE(5), bytes] as const)
  for (const [offset, bytes] of byOffset)
    expect(Buffer.compare(bytes.subarray(9), content.subarray(offset, offset + BLOCK))).toBe(0)
  expect(new Set(byOffset.map(([offset]) => offset)).size).toBe(8)
})

test('what a connection has not sent yet is known, so that others carry the rest', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 1)
  await sent(sender, 0)
  for (let at = 1; at < 12; at++) sender.lanes.send(0, (at % 8) * BLOCK, bytesAt(at % 8), FULL)
  expect(sender.lanes.hasRoom).toBe(false)
  await vi.waitFor(() => expect(sender.lanes.hasRoom).toBe(true), LIMIT)
})

test('retired lanes end on both sides, and nothing on its way is lost', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  const lost: SentBlock[] = []
  sender.lanes.onLost = blocks => lost.push(...blocks)
  await opened(receiver, 2)
  for (let at = 0; at < 6; at++) {
    receiver.wire.requests.push(blockAt(at))
    await sent(sender, at)
  }
  receiver.lanes.retire()
  await vi.waitFor(() => expect(sender.lanes.count + receiver.lanes.count).toBe(0), LIMIT)
  expect(receiver.wire.blocks).toHaveLength(6)
  expect(lost).toEqual([])
})

test('what a lane that dies has not delivered is sent again, and nothing else', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  const lost: SentBlock[] = []
  sender.lanes.onLost = blocks => lost.push(...blocks)
  await opened(receiver, 1)
  for (let at = 0; at < 2; at++) {
    receiver.wire.requests.push(blockAt(at))
    await sent(sender, at)
  }
  await vi.waitFor(() => expect(receiver.wire.blocks).toHaveLength(2), LIMIT)
  for (let at = 2; at < 5; at++) {
    receiver.wire.requests.push(blockAt(at))
    await sent(sender, at)
  }
  receiver.connections[0]?.close()
  await vi.waitFor(() => expect(sender.lanes.count + receiver.lanes.count).toBe(0), LIMIT)
  const arrived = receiver.wire.blocks.length
  await vi.waitFor(() => expect(arrived + lost.length).toBe(5), LIMIT)
  expect(lost).toEqual(receiver.wire.requests)
})

test('a lane that dies on the sender’s side loses nothing either', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  const lost: SentBlock[] = []
  sender.lanes.onLost = blocks => lost.push(...blocks)
  await opened(receiver, 1)
  for (let at = 0; at < 4; at++) {
    receiver.wire.requests.push(blockAt(at))
    await sent(sender, at)
  }
  sender.connections[0]?.close()
  await vi.waitFor(() => expect(sender.lanes.count + receiver.lanes.count).toBe(0), LIMIT)
  await vi.waitFor(() => expect(receiver.wire.blocks.length + lost.length).toBe(4), LIMIT)
})

test('a lane that has become silent is closed, and one that has not stays', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 1)
  receiver.lanes.endSilent(60_000)
  expect(receiver.lanes.count).toBe(1)
  await vi.waitFor(() => {
    receiver.lanes.endSilent(200)
    expect(sender.lanes.count + receiver.lanes.count).toBe(0)
  }, LIMIT)
})

test('lanes end with the wire', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 2)
  sender.wire.destroy()
  expect(sender.lanes.count).toBe(0)
  for (const { connectionState } of sender.connections) expect(connectionState).toBe('closed')
})

test('what nobody asked for is dropped, and a peer that goes on with it has no lanes any more', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 2)
  receiver.wire.requests.push(blockAt(1))
  await sent(sender, 0)
  await sent(sender, 1)
  // Again: it is no longer asked for.
  await sent(sender, 1)
  await vi.waitFor(() => expect(receiver.wire.blocks).toHaveLength(1), LIMIT)
  expect(receiver.lanes.count).toBe(2)
  await vi.waitFor(() => {
    sender.lanes.send(0, 0, bytesAt(0), FULL)
    expect(receiver.lanes.count).toBe(0)
  }, LIMIT)
  expect(receiver.wire.blocks).toHaveLength(1)
  receiver.lanes.open(1)
  expect(receiver.lanes.count).toBe(0)
  expect(receiver.wire.destroyed).toBe(false)
})

test('of a hundred offers no more than seven are taken, and each other one is refused', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 1)
  const offer = receiver.wire.sent[0]?.slice()
  if (!offer) throw new Error('no offer was sent')
  const before = sender.wire.sent.length
  for (let lane = 3; lane < 103; lane += 2) sender.wire.take(Uint8Array.of(1, lane, ...offer.subarray(2)))
  expect(sender.lanes.count).toBe(7)
  const refusals = sender.wire.sent.slice(before).filter(([kind]) => kind === 4)
  expect(refusals.length).toBe(44)
  expect(sender.connections).toHaveLength(7)
})

test('a flood of messages is dropped, costs no connections, and the lanes that are open stay', async () => {
  using pair = lanePair()
  const { receiver, sender } = pair
  await opened(receiver, 1)
  const answers = sender.wire.sent.length
  const offers = receiver.wire.sent.filter(([kind]) => kind === 1)
  for (let round = 0; round < 10_000; round++) {
    const lane = 1 + 2 * (round % 128)
    sender.wire.take(Uint8Array.of(1, lane, ...(offers[0]?.subarray(2) ?? [])))
    sender.wire.take(encodeLaneMessage({ kind: 'close', lane: 200, received: round }))
    sender.wire.take(encodeLaneMessage({ kind: 'candidate', lane: 1, candidate: 'candidate:nonsense' }))
    sender.wire.take(Uint8Array.of(round % 256, 1, 2, 3))
  }
  expect(sender.connections.length).toBeLessThanOrEqual(7)
  expect(sender.wire.sent.length - answers).toBeLessThan(150)
  receiver.wire.requests.push(blockAt(0))
  await sent(sender, 0)
  await vi.waitFor(() => expect(receiver.wire.blocks).toHaveLength(1), LIMIT)
})

test('a sender that its limit bounds refuses, until its line does', async () => {
  using pair = lanePair({ bound: 'limit' })
  const { receiver, sender } = pair
  receiver.lanes.open(2)
  expect(receiver.lanes.count).toBe(2)
  await vi.waitFor(() => expect(receiver.lanes.count).toBe(0), LIMIT)
  expect(sender.connections).toHaveLength(0)
  // So much waits on its first connection.
  sender.lanes.send(0, 0, new Uint8Array(1), FULL)
  await opened(receiver, 2)
})

test('a browser that makes no more connections goes on with those it has', async () => {
  let left = 2
  using pair = lanePair({
    connect: () => {
      if (left-- <= 0) throw new Error('too many connections')
      return connectHere()
    },
  })
  const { receiver, sender } = pair
  receiver.lanes.open(5)
  expect(receiver.lanes).toMatchObject({ count: 2, carrying: 0, mayOpen: false })
  await vi.waitFor(() => expect(receiver.lanes.carrying).toBe(2), LIMIT)
  receiver.wire.requests.push(blockAt(0))
  await sent(sender, 0)
  await vi.waitFor(() => expect(receiver.wire.blocks).toHaveLength(1), LIMIT)
})

test('a peer of another kind is never asked', () => {
  using pair = lanePair()
  const { receiver } = pair
  delete receiver.wire.peerExtendedMapping['ts_lanes']
  receiver.lanes.open(3)
  expect(receiver.lanes.count).toBe(0)
  expect(receiver.wire.sent).toHaveLength(0)
})
