import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Peer, PIECE, PIECES, pass, swarm } from '../../../support/fakes/scheduled.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Scheduler', () => {
  it('fetches everything from a peer that has it', async () => {
    const { content, here, scheduler } = await swarm()
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(3000)
    expect(here.size).toBe(PIECES)
  })

  it('requests from another peer what one rejects, and does not repeat the rejected requests', async () => {
    const { content, here, scheduler } = await swarm()
    const refuser = new Peer('refuser', content, () => 'reject')
    scheduler.addPeer(refuser.wire)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(5000)
    expect(here.size).toBe(PIECES)
    expect(refuser.asked.length).toBeLessThan(200)
  })

  it('fetches a failed piece from another peer when the exclusive one chokes', async () => {
    const { content, here, scheduler } = await swarm()
    const liar = new Peer('liar', content, () => 'false')
    const seed = new Peer('seed', content, () => 'true')
    scheduler.addPeer(liar.wire)
    await pass(300)
    // Pieces of it have failed now, and are requested from it again.
    liar.answer = () => 'never'
    await pass(100)
    liar.choke()
    for (const request of liar.requests.splice(0)) request.done(new Error('rejected'), null)
    scheduler.addPeer(seed.wire)
    await pass(5000)
    expect(here.size).toBe(PIECES)
  })

  it('fetches a failed piece from another peer when the exclusive one does not answer', async () => {
    const { content, here, scheduler } = await swarm()
    const liar = new Peer('liar', content, () => 'false')
    scheduler.addPeer(liar.wire)
    await pass(300)
    liar.answer = () => 'never'
    await pass(100)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(60_000)
    expect(here.size).toBe(PIECES)
  })

  it('continues when started pieces are no longer wanted', async () => {
    const pieces = 6
    const { content, here, scheduler, want } = await swarm({ pieces, pieceLength: 16 * 1024 * 1024 })
    // Nothing is complete when the wanted pieces change.
    const seed = new Peer('seed', content, () => 'never')
    scheduler.addPeer(seed.wire)
    for (let piece = 0; piece < pieces - 1; piece++) {
      want(piece)
      await pass(200)
      for (const request of seed.requests.splice(0)) request.done(new Error('rejected'), null)
    }
    want(pieces - 1)
    await pass(200)
    expect(seed.requests.map(({ piece }) => piece)).toContain(pieces - 1)
    expect(here.size).toBe(0)
    for (let piece = 0; piece < pieces - 1; piece++) expect(scheduler.isActive(piece)).toBe(false)
  })

  it('requests from a third peer what two others never send', async () => {
    const { content, here, scheduler } = await swarm()
    for (const id of ['one', 'two']) scheduler.addPeer(new Peer(id, content, () => 'never').wire)
    await pass(10_000)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(30_000)
    expect(here.size).toBe(PIECES)
  })

  it('continues at once when a limit is lifted', async () => {
    const { content, here, limit, scheduler } = await swarm()
    limit.setRate(100)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(2000)
    expect(here.size).toBeLessThan(PIECES)
    limit.setRate(null)
    scheduler.fill()
    await pass(3000)
    expect(here.size).toBe(PIECES)
  })

  it('fetches pieces that two peers spoiled from one alone, and reports only that one', async () => {
    const { bad, content, here, scheduler } = await swarm()
    const liar = new Peer('liar', content, () => 'false')
    const seed = new Peer('seed', content, () => 'true')
    scheduler.addPeer(liar.wire)
    scheduler.addPeer(seed.wire)
    await pass(500)
    // The engine bans a peer that was the only source of a bad piece twice.
    const alone = bad.filter(sources => sources.size === 1)
    expect(alone.length).toBeGreaterThanOrEqual(2)
    expect(new Set(alone.flatMap(sources => [...sources]))).toEqual(new Set([liar.wire]))
    liar.destroy()
    await pass(5000)
    expect(here.size).toBe(PIECES)
  })

  it('fetches little from a new peer before a piece of it is verified, and mixes none of it with what others sent', async () => {
    const pieces = 160
    const { bad, content, here, scheduler } = await swarm({ pieces })
    const liar = new Peer('liar', content, () => 'false')
    scheduler.addPeer(liar.wire)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(20)
    // And one more for each that was found to be false.
    expect(new Set(liar.asked).size).toBeLessThanOrEqual(1024 ** 2 / PIECE + bad.length)
    while (bad.length === 0) await pass(20)
    liar.destroy()
    await pass(5000)
    expect(here.size).toBe(pieces)
    expect(new Set(bad.map(sources => sources.size))).toEqual(new Set([1]))
  })

  it('lets others complete what a new peer started before it left', async () => {
    const { content, here, scheduler } = await swarm({ pieces: 1, pieceLength: 4 * PIECE })
    let answers = 2
    const quitter = new Peer('quitter', content, () => (answers-- > 0 ? 'true' : 'never'))
    scheduler.addPeer(quitter.wire)
    await pass(200)
    quitter.destroy()
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(1000)
    expect(here.size).toBe(1)
  })

  it('takes its requests back from a peer that chokes and leaves them unanswered', async () => {
    const { content, scheduler } = await swarm()
    const silent = new Peer('silent', content, () => 'never')
    scheduler.addPeer(silent.wire)
    await pass(200)
    silent.choke()
    expect(silent.requests.length).toBeGreaterThan(0)
    await pass(60_000)
    expect(silent.requests).toEqual([])
    // A slow peer is no enemy: it may unchoke us yet.
    expect(silent.destroyed).toBe(false)
  })

  it('never requests half a block, whatever block size a peer announces', async () => {
    const { content, scheduler } = await swarm()
    const seed = new Peer('seed', content, () => 'never')
    seed.downloaded = 10_000_000
    scheduler.addPeer(seed.wire)
    scheduler.setBlockBytes(seed.wire, 20_000)
    await pass(100)
    expect(seed.requests.length).toBeGreaterThan(0)
    expect(seed.requests.every(({ offset }) => offset % 16_384 === 0)).toBe(true)
  })
})
