import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DownloadOutlook,
  WebSeedPolicy,
  type WebSeedScope,
  type WebSeedUse,
} from '../../../lib/engine/web-seed-policy.ts'

const KIB = 1024

/** A download whose clock the test moves second by second. */
function download(use: WebSeedUse = 'fallback') {
  const policy = new WebSeedPolicy(use)
  let now = 5_000
  let peerBytes = 0
  let scope: WebSeedScope = policy.decide({ peerBytes, missing: true, unheld: false, limit: null }, now)
  return {
    get scope() {
      return scope
    },
    /** Seconds in which peers bring `rate` bytes each; returns the scopes. */
    pass(seconds: number, rate: number, outlook: Partial<DownloadOutlook> = {}) {
      const scopes: WebSeedScope[] = []
      for (let second = 0; second < seconds; second++) {
        now += 1000
        peerBytes += rate
        scope = policy.decide({ peerBytes, missing: true, unheld: false, limit: null, ...outlook }, now)
        scopes.push(scope)
      }
      return scopes
    },
  }
}

describe('WebSeedPolicy', () => {
  it('begins when no peer has sent anything for three seconds', () => {
    expect(download().pass(4, 0)).toEqual(['nothing', 'nothing', 'all', 'all'])
  })

  it('never begins while peers are quick', () => {
    expect(new Set(download().pass(600, 300 * KIB))).toEqual(new Set(['nothing']))
  })

  it('begins when peers bring less than the target over ten seconds', () => {
    const slow = download()
    expect(slow.pass(9, 100 * KIB)).not.toContain('all')
    expect(slow.pass(1, 100 * KIB)).toEqual(['all'])
  })

  it('forgives peers a few slow seconds', () => {
    const swarm = download()
    swarm.pass(30, 1000 * KIB)
    expect(swarm.pass(5, 0)).not.toContain('all')
    expect(swarm.pass(10, 1000 * KIB)).not.toContain('all')
  })

  it('begins within ten seconds after all peers are gone', () => {
    const swarm = download()
    swarm.pass(30, 300 * KIB)
    expect(swarm.pass(10, 0)).toContain('all')
  })

  it('gives the work back when peers suffice, not before', () => {
    const swarm = download()
    swarm.pass(5, 0)
    // Between the target and half as much again nothing changes.
    expect(new Set(swarm.pass(60, 300 * KIB))).toEqual(new Set(['all']))
    expect(swarm.pass(11, 500 * KIB).at(-1)).toBe('nothing')
    expect(new Set(swarm.pass(60, 300 * KIB))).toEqual(new Set(['nothing']))
  })

  it('fetches what no peer has after five seconds, and nothing else while peers are quick', () => {
    const swarm = download()
    expect(swarm.pass(5, 900 * KIB, { unheld: true })).not.toContain('unheld')
    expect(new Set(swarm.pass(20, 900 * KIB, { unheld: true }))).toEqual(new Set(['unheld']))
    expect(swarm.pass(1, 900 * KIB)).toEqual(['nothing'])
  })

  it('takes less for enough when the person set a low limit', () => {
    const limit = 100 * KIB
    expect(new Set(download().pass(60, 90 * KIB, { limit }))).toEqual(new Set(['nothing']))
    expect(download().pass(11, 20 * KIB, { limit })).toContain('all')
  })

  it('does not count the time in which nothing is missing', () => {
    const swarm = download()
    swarm.pass(20, 900 * KIB)
    swarm.pass(600, 0, { missing: false })
    expect(swarm.pass(5, 900 * KIB)).not.toContain('all')
  })

  it('does as it is told', () => {
    expect(download('only').scope).toBe('all')
    expect(new Set(download('never').pass(60, 0, { unheld: true }))).toEqual(new Set(['nothing']))
  })

  it('is on while peers send nothing, off while they are quick, and settled at any steady rate', () => {
    const phase = fc.record({ seconds: fc.integer({ min: 1, max: 40 }), rate: fc.nat(1000 * KIB) })
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 12 }), phases => {
        const swarm = download()
        for (const { rate, seconds } of phases) swarm.pass(seconds, rate)
        expect(swarm.pass(11, 0).at(-1)).toBe('all')
        expect(swarm.pass(11, 400 * KIB).at(-1)).toBe('nothing')
        // A steady rate, whichever, changes its mind once at most when the window has filled with it.
        for (const { rate } of phases) {
          swarm.pass(11, rate)
          expect(new Set(swarm.pass(30, rate)).size).toBe(1)
        }
      }),
    )
  })
})
