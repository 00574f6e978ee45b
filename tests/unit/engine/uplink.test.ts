import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenBucket, TokenBuckets } from '../../../lib/base/token-bucket.ts'
import { Uplink } from '../../../lib/engine/upload/uplink.ts'
import type { Wire } from '../../../lib/engine/webtorrent-types.ts'

const PIECES = 20

/** As much of a wire as an uplink looks at. */
class Peer extends EventEmitter {
  readonly has = new Set<number>()
  readonly peerPieces = { get: (piece: number) => this.has.has(piece) }
  readonly peerRequests: { readonly piece: number; readonly askedAt: number }[] = []

  get wire(): Wire {
    return this as unknown as Wire
  }

  /** It says that it has a piece. */
  have(piece: number): void {
    this.has.add(piece)
    this.emit('have', piece)
  }
}

type Client = 'ours' | 'classic'

function uplinkOf(clients: readonly Client[], { delayMs = 0, limit = 1000 as number | null } = {}) {
  const bucket = new TokenBucket()
  bucket.setRate(limit)
  const uplink = new Uplink(PIECES, new TokenBuckets(bucket))
  const peers = clients.map(client => {
    const peer = new Peer()
    uplink.addPeer(peer.wire, { takesRejects: () => client === 'ours', delayMs: () => delayMs })
    return peer
  })
  const verdict = (peer: Peer | undefined, piece: number, askedAt = performance.now()) => {
    if (!peer) throw new TypeError('no such peer')
    for (const { wire } of peers) uplink.waits(wire, performance.now())
    return uplink.verdict(peer.wire, { piece, askedAt }, performance.now())
  }
  return { uplink, peers, verdict }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a thin uplink', () => {
  it('sends a piece to whoever asks first, and the others to whoever has it', () => {
    const { peers, verdict } = uplinkOf(['ours', 'ours', 'classic'])
    expect(verdict(peers[0], 1)).toBe('now')
    expect(verdict(peers[0], 1)).toBe('now')
    expect(verdict(peers[1], 1)).toBe('elsewhere')
    expect(verdict(peers[2], 1)).toBe('later')
    peers[0]?.have(1)
    vi.advanceTimersByTime(60_000)
    expect(verdict(peers[2], 1)).toBe('later')
  })

  it('sends a piece again to whoever asks again later, as nobody gave it', () => {
    const { peers, verdict } = uplinkOf(['ours', 'ours'])
    verdict(peers[0], 1)
    peers[0]?.have(1)
    expect(verdict(peers[1], 1)).toBe('elsewhere')
    vi.advanceTimersByTime(1000)
    expect(verdict(peers[1], 1)).toBe('elsewhere')
    vi.advanceTimersByTime(1500)
    expect(verdict(peers[1], 1)).toBe('now')
  })

  it('keeps other clients waiting for four seconds at most', () => {
    const { peers, verdict } = uplinkOf(['ours', 'classic'])
    verdict(peers[0], 1)
    peers[0]?.have(1)
    const askedAt = performance.now()
    vi.advanceTimersByTime(3_900)
    expect(verdict(peers[1], 1, askedAt)).toBe('later')
    vi.advanceTimersByTime(100)
    expect(verdict(peers[1], 1, askedAt)).toBe('now')
  })

  it('does not keep them waiting for its own sake: only while requests of others wait', () => {
    const { peers, uplink, verdict } = uplinkOf(['ours', 'classic'])
    verdict(peers[0], 1)
    peers[0]?.have(1)
    expect(verdict(peers[1], 1)).toBe('later')
    vi.advanceTimersByTime(600)
    const [, classic] = peers
    if (!classic) throw new TypeError('no such peer')
    uplink.waits(classic.wire, performance.now())
    expect(uplink.verdict(classic.wire, { piece: 1, askedAt: performance.now() }, performance.now())).toBe(
      'now',
    )
  })

  it('forgets who left, who cancelled, and who never says that it has what it was sent', () => {
    const { peers, verdict } = uplinkOf(['ours', 'ours'])
    for (const piece of [1, 2, 3]) verdict(peers[0], piece)
    peers[0]?.emit('cancel', 1)
    expect(verdict(peers[1], 1)).toBe('now')
    vi.advanceTimersByTime(5_000)
    expect(verdict(peers[1], 2)).toBe('now')
    verdict(peers[0], 4)
    peers[0]?.have(4)
    peers[0]?.emit('close')
    expect(verdict(peers[1], 4)).toBe('now')
  })

  it('does not send readers to another seed, which may be as thin', () => {
    const { peers, verdict } = uplinkOf(['ours', 'ours'])
    for (let piece = 0; piece < PIECES; piece++) peers[1]?.has.add(piece)
    peers[1]?.emit('bitfield')
    expect(verdict(peers[0], 1)).toBe('now')
  })
})

describe('an uplink with room', () => {
  it('answers everything', () => {
    const { peers, uplink } = uplinkOf(['ours', 'ours', 'classic'], { limit: null })
    for (const peer of peers) {
      expect(uplink.verdict(peer.wire, { piece: 1, askedAt: 0 }, performance.now())).toBe('now')
      peer.have(1)
    }
  })

  it('has room again some seconds after the last request waited', () => {
    const { peers, uplink, verdict } = uplinkOf(['ours', 'ours'])
    verdict(peers[0], 1)
    vi.advanceTimersByTime(15_000)
    peers[0]?.have(1)
    const [, other] = peers
    if (other) expect(uplink.verdict(other.wire, { piece: 1, askedAt: 0 }, performance.now())).toBe('now')
  })
})

it.each([
  { delayMs: 2_000, expected: 'elsewhere' },
  { delayMs: 300, expected: 'now' },
])('without a limit the line decides: every connection takes $delayMs ms for what it holds', line => {
  const { peers, uplink } = uplinkOf(['ours', 'ours'], { limit: null, delayMs: line.delayMs })
  const asked = { piece: 1, askedAt: performance.now() }
  for (const peer of peers) peer.peerRequests.push({ ...asked, piece: 2 })
  const verdicts = peers.map(({ wire }) => uplink.verdict(wire, asked, performance.now()))
  expect(verdicts).toEqual(['now', line.expected])
})

it('answers everybody in the end, and a piece a second time only to who asks again or has waited', () => {
  const step = fc.record({
    peer: fc.nat(3),
    piece: fc.nat(PIECES - 1),
    act: fc.constantFrom('ask' as const, 'have' as const, 'wait' as const),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const { peers, verdict } = uplinkOf(['ours', 'ours', 'classic', 'classic'])
      const asked = new Map<string, number>()
      for (const { act, peer: at, piece } of steps) {
        const peer = peers[at]
        if (!peer) continue
        if (act === 'wait') vi.advanceTimersByTime(700)
        if (act === 'have') peer.have(piece)
        if (act !== 'ask') continue
        const key = `${at} ${piece}`
        const isNew = !asked.has(key)
        const askedAt = asked.get(key) ?? performance.now()
        asked.set(key, askedAt)
        const answer = verdict(peer, piece, askedAt)
        const holder = peers.find(other => other !== peer && other.has.has(piece))
        if (isNew && holder) expect(answer).not.toBe('now')
      }
      vi.advanceTimersByTime(10_000)
      for (const key of asked.keys()) {
        const [at = 0, piece = 0] = key.split(' ').map(Number)
        const first = verdict(peers[at], piece, asked.get(key))
        vi.advanceTimersByTime(12_000)
        if (first !== 'now') expect(verdict(peers[at], piece, asked.get(key))).toBe('now')
      }
    }),
  )
})
