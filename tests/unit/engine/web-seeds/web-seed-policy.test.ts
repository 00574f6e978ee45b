import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DownloadOutlook,
  WebSeedPolicy,
  type WebSeedScope,
} from '../../../../lib/engine/web-seeds/web-seed-policy.ts'
import type { WebSeedUse } from '../../../../lib/network/swarm-network.ts'

const KIB = 1024

/** A download with a clock that the test advances second by second. */
function download(use: WebSeedUse = 'fallback') {
  const policy = new WebSeedPolicy(use)
  let now = 5_000
  let peerBytes = 0
  let serverBytes = 0
  let scope: WebSeedScope = policy.decide(
    { peerBytes, serverBytes, missing: true, unheld: false, limit: null },
    now,
  )
  return {
    get scope() {
      return scope
    },
    /** Lets peers deliver `rate` bytes a second for some seconds, and servers as many while they are used; returns the scopes. */
    pass(seconds: number, rate: number, outlook: Partial<DownloadOutlook> = {}, serverRate = 0) {
      const scopes: WebSeedScope[] = []
      for (let second = 0; second < seconds; second++) {
        now += 1000
        peerBytes += rate
        if (scope === 'all') serverBytes += serverRate
        const seen = { peerBytes, serverBytes, missing: true, unheld: false, limit: null, ...outlook }
        scope = policy.decide(seen, now)
        scopes.push(scope)
      }
      return scopes
    },
  }
}

describe('WebSeedPolicy', () => {
  it('starts when no peer has sent anything for three seconds', () => {
    expect(download().pass(4, 0)).toEqual(['nothing', 'nothing', 'all', 'all'])
  })

  it('never starts while peers are fast', () => {
    expect(new Set(download().pass(600, 300 * KIB))).toEqual(new Set(['nothing']))
  })

  it('starts when peers deliver less than the target over ten seconds', () => {
    const slow = download()
    expect(slow.pass(9, 100 * KIB)).not.toContain('all')
    expect(slow.pass(1, 100 * KIB)).toEqual(['all'])
  })

  it('tolerates a few slow seconds', () => {
    const swarm = download()
    swarm.pass(30, 1000 * KIB)
    expect(swarm.pass(5, 0)).not.toContain('all')
    expect(swarm.pass(10, 1000 * KIB)).not.toContain('all')
  })

  it('starts within ten seconds after all peers have gone', () => {
    const swarm = download()
    swarm.pass(30, 300 * KIB)
    expect(swarm.pass(10, 0)).toContain('all')
  })

  it('stops when peers suffice, not before', () => {
    const swarm = download()
    swarm.pass(5, 0)
    // Between the target and half as much again nothing changes.
    expect(new Set(swarm.pass(60, 300 * KIB))).toEqual(new Set(['all']))
    expect(swarm.pass(11, 500 * KIB).at(-1)).toBe('nothing')
    expect(new Set(swarm.pass(60, 300 * KIB))).toEqual(new Set(['nothing']))
  })

  it('fetches what no peer has after five seconds, and nothing else while peers are fast', () => {
    const swarm = download()
    expect(swarm.pass(5, 900 * KIB, { unheld: true })).not.toContain('unheld')
    expect(new Set(swarm.pass(20, 900 * KIB, { unheld: true }))).toEqual(new Set(['unheld']))
    expect(swarm.pass(1, 900 * KIB)).toEqual(['nothing'])
  })

  it('accepts a lower rate when the download limit is low', () => {
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

  it('gives from the start until peers give as much, and again when they give less', () => {
    const swarm = download('first')
    expect(swarm.scope).toBe('all')
    expect(new Set(swarm.pass(60, 2_000 * KIB, {}, 8_000 * KIB))).toEqual(new Set(['all']))
    expect(swarm.pass(5, 9_000 * KIB, {}, 8_000 * KIB).at(-1)).toBe('nothing')
    // A little less than servers gave is no reason to come back; much less is.
    expect(new Set(swarm.pass(60, 6_500 * KIB, {}, 8_000 * KIB))).toEqual(new Set(['nothing']))
    expect(swarm.pass(5, 3_000 * KIB, {}, 8_000 * KIB).at(-1)).toBe('all')
  })

  it('leaves the load to peers as soon as a busy server gives less than they do', () => {
    const swarm = download('first')
    swarm.pass(20, 1_000 * KIB, {}, 8_000 * KIB)
    expect(swarm.scope).toBe('all')
    expect(swarm.pass(30, 1_000 * KIB, {}, 500 * KIB).at(-1)).toBe('nothing')
    expect(new Set(swarm.pass(60, 1_000 * KIB, {}, 500 * KIB))).toEqual(new Set(['nothing']))
  })

  /** A line of `rate` bytes a second that both fill: what servers take is missing from peers, who alone reach `alone` of it. */
  function onFullLine(rate: number, alone: number, seconds: number) {
    const swarm = download('first')
    swarm.pass(3, 0, {}, rate)
    return Array.from({ length: seconds }, () => {
      const isShared = swarm.scope === 'all'
      return swarm.pass(1, isShared ? rate / 2 : alone * rate, {}, rate / 2)[0]
    })
  }

  it('leaves a full line to peers that can fill it, and not to those that cannot', () => {
    expect(onFullLine(2_300 * KIB, 0.95, 60).at(-1)).toBe('nothing')
    const scopes = onFullLine(2_300 * KIB, 0.7, 600)
    // They are tried, for seconds, and ever more seldom.
    const alone = scopes.filter(scope => scope === 'nothing').length
    expect(alone).toBeGreaterThan(2)
    expect(alone).toBeLessThan(40)
    expect(scopes.slice(-100).filter(scope => scope === 'nothing').length).toBeLessThan(8)
  })

  it('is a fallback where servers give nothing at all', () => {
    const swarm = download('first')
    expect(swarm.pass(5, 500 * KIB).at(-1)).toBe('nothing')
    expect(swarm.pass(5, 0).at(-1)).toBe('all')
  })

  it('is content with a fraction of the limit from peers', () => {
    const limit = 100 * KIB
    expect(
      download('first')
        .pass(5, 60 * KIB, { limit }, 40 * KIB)
        .at(-1),
    ).toBe('nothing')
    expect(
      download('first')
        .pass(5, 30 * KIB, { limit }, 70 * KIB)
        .at(-1),
    ).toBe('all')
  })

  it('fetches what no peer has also after peers have taken over', () => {
    const swarm = download('first')
    swarm.pass(5, 900 * KIB, {}, 100 * KIB)
    expect(swarm.scope).toBe('nothing')
    expect(swarm.pass(6, 900 * KIB, { unheld: true }, 100 * KIB).at(-1)).toBe('unheld')
  })

  it('gives beside fast peers all the time with `full`', () => {
    expect(new Set(download('full').pass(60, 9_000 * KIB, {}, 100 * KIB))).toEqual(new Set(['all']))
  })

  it('follows the `use` setting', () => {
    expect(download('only').scope).toBe('all')
    expect(new Set(download('never').pass(60, 0, { unheld: true }))).toEqual(new Set(['nothing']))
  })

  it('is on while peers send nothing, off while they are fast, and stable at any constant rate', () => {
    const phase = fc.record({ seconds: fc.integer({ min: 1, max: 40 }), rate: fc.nat(1000 * KIB) })
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 12 }), phases => {
        const swarm = download()
        for (const { rate, seconds } of phases) swarm.pass(seconds, rate)
        expect(swarm.pass(11, 0).at(-1)).toBe('all')
        expect(swarm.pass(11, 400 * KIB).at(-1)).toBe('nothing')
        // Any constant rate changes the scope at most once, when it has filled the window.
        for (const { rate } of phases) {
          swarm.pass(11, rate)
          expect(new Set(swarm.pass(30, rate)).size).toBe(1)
        }
      }),
    )
  })
})
