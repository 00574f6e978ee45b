import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Peer, PIECE, PIECES, pass, swarm } from '../../../support/fakes/scheduled.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('requests', () => {
  it('go back within seconds from a peer that never gives what it says it has, and to others', async () => {
    const { content, here, scheduler } = await swarm()
    const silent = new Peer('silent', content, () => 'never')
    const seed = new Peer('seed', content, () => 'true')
    scheduler.addPeer(silent.wire)
    await pass(100)
    expect(new Set(silent.asked).size).toBe((256 * 1024) / PIECE)
    scheduler.addPeer(seed.wire)
    await pass(4_500)
    expect(here.size).toBe(PIECES)
    expect(silent.destroyed).toBe(false)
  })

  it('go back from a peer that stops after a while, which is then asked for one block at a time', async () => {
    const pieces = 60
    const { content, here, scheduler } = await swarm({ pieces })
    let answers = 8
    const tired = new Peer('tired', content, () => (answers-- > 0 ? 'true' : 'never'))
    scheduler.addPeer(tired.wire)
    await pass(300)
    expect(here.size).toBeGreaterThan(0)
    const asked = tired.asked.length
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(3_500)
    expect(here.size).toBe(pieces)
    expect(tired.requests.length).toBeLessThanOrEqual(1)
    expect(tired.asked.length - asked).toBeLessThan(20)
  })

  it('stay where nobody else has the piece', async () => {
    const { content, scheduler } = await swarm()
    const silent = new Peer('silent', content, () => 'never')
    scheduler.addPeer(silent.wire)
    scheduler.addPeer(
      new Peer(
        'other',
        content,
        () => 'true',
        () => false,
      ).wire,
    )
    await pass(200)
    const { length } = silent.requests
    await pass(20_000)
    expect(silent.requests).toHaveLength(length)
  })

  it('are not repeated while peers answer', async () => {
    const pieces = 100
    const { content, here, scheduler } = await swarm({ pieces })
    const peers = ['one', 'two', 'three'].map(id => new Peer(id, content, () => 'true'))
    for (const peer of peers) scheduler.addPeer(peer.wire)
    await pass(5_000)
    expect(here.size).toBe(pieces)
    expect(peers.reduce((sum, { downloaded }) => sum + downloaded, 0)).toBe(content.length)
  })

  it('that a thin uplink rejects go to whoever has the piece later, at the latest to that uplink again', async () => {
    const { content, here, scheduler } = await swarm()
    const rejected = new Map<number, number>()
    const thin = new Peer('thin', content, piece => {
      const since = rejected.get(piece) ?? performance.now()
      rejected.set(piece, since)
      return performance.now() - since >= 2_000 ? 'true' : 'reject'
    })
    scheduler.addPeer(thin.wire)
    await pass(1_000)
    expect(here.size).toBe(0)
    const before = thin.asked.length
    await pass(1_000)
    expect(thin.asked).toHaveLength(before)
    await pass(4_000)
    expect(here.size).toBe(PIECES)
  })
})
