import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AnswerSlots, type RunningAnswer } from '../../../server/web-seeds/answer-slots.ts'
import { ProbeQueue } from '../../../server/web-seeds/probe-queue.ts'

describe('answers at a time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  const newSlots = () => {
    const slots = new AnswerSlots<RunningAnswer>()
    const ended: string[] = []
    const open = (network: string) => {
      slots.require(network)
      const movedAt = performance.now()
      slots.add({ network, movedAt: () => movedAt, end: () => ended.push(network) })
    }
    return { ended, open }
  }

  test('four addresses cannot take all: newcomers have a reserve', () => {
    const { open } = newSlots()
    for (const network of ['a', 'b', 'c']) for (let at = 0; at < 64; at += 1) open(network)
    expect(() => open('a')).toThrow('server_busy')
    for (let at = 0; at < 4; at += 1) open('d')
    expect(() => open('d')).toThrow('server_busy')
    for (let at = 0; at < 15; at += 1) for (let few = 0; few < 4; few += 1) open(`newcomer ${at}`)
    expect(() => open('last')).toThrow('server_busy')
  })

  test('who hardly reads makes room when others need it, of its own address first', () => {
    const { ended, open } = newSlots()
    for (let at = 0; at < 64; at += 1) open('a')
    vi.advanceTimersByTime(20_000)
    for (const network of ['b', 'c']) for (let at = 0; at < 64; at += 1) open(network)
    vi.advanceTimersByTime(11_000)
    for (let at = 0; at < 4; at += 1) open('d')
    expect(() => open('d')).toThrow('server_busy')
    vi.advanceTimersByTime(1_000)
    for (let at = 0; at < 10; at += 1) open('d')
    expect(new Set(ended)).toEqual(new Set(['a']))
    expect(() => open('b')).toThrow('server_busy')
  })
})

describe('probes', () => {
  const newQueue = () => {
    const queue = new ProbeQueue()
    const running: { readonly address: string; readonly end: () => void }[] = []
    const probe = (address: string) =>
      queue.run(address, () => new Promise<void>(end => running.push({ address, end })))
    return { probe, running }
  }
  const settled = () => new Promise(resolve => setImmediate(resolve))

  test('of one address wait for each other, and not others for them', async () => {
    const { probe, running } = newQueue()
    const all = [...Array.from({ length: 8 }, () => probe('slow')), probe('honest'), probe('honest')]
    await settled()
    expect(running.map(({ address }) => address)).toEqual(['slow', 'slow', 'honest', 'honest'])
    all.push(probe('late'))
    running[0]?.end()
    await settled()
    expect(running.at(-1)?.address).toBe('late')
    for (let at = 0; at < all.length; at += 1) {
      running[at]?.end()
      await settled()
    }
    await Promise.all(all)
  })

  test('of one address queue up to a limit', async () => {
    const { probe, running } = newQueue()
    const accepted = Array.from({ length: 18 }, () => probe('many'))
    await expect(probe('many')).rejects.toThrow('server_busy')
    accepted.push(probe('other'))
    for (let at = 0; at < accepted.length; at += 1) {
      await settled()
      running[at]?.end()
    }
    await Promise.all(accepted)
  })

  test('that fail make room too', async () => {
    const queue = new ProbeQueue()
    const fail = () => queue.run('a', () => Promise.reject(new Error('away')))
    for (let at = 0; at < 10; at += 1) await expect(fail()).rejects.toThrow('away')
    await queue.run('a', async () => {})
  })
})
