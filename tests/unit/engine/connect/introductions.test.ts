import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  decodeIntroduction,
  encodeIntroduction,
  LISTED_MAX,
} from '../../../../lib/engine/connect/introduction-messages.ts'
import { Introductions } from '../../../../lib/engine/connect/introductions.ts'
import type { RtcConnection } from '../../../../lib/engine/connect/rtc-connection.ts'
import type { Wire } from '../../../../lib/engine/webtorrent-types.ts'
import { SDP_MAX } from '../../../../lib/protocol/announce.ts'

const ID = (letter: string) => letter.repeat(40)
const [A, B, C] = [ID('a'), ID('b'), ID('c')]

/** One side of a connection: what it sends goes to `peer`, as bytes. */
class Link {
  destroyed = false
  readonly sent: Uint8Array[] = []
  #take: (bytes: Uint8Array) => void = () => undefined
  #ready: () => void = () => undefined
  #closed: () => void = () => undefined
  onSent: (bytes: Uint8Array) => void = () => undefined

  use(Extension: new (wire: Wire) => { onExtendedHandshake(): void; onMessage(bytes: Uint8Array): void }) {
    const extension = new Extension(this.wire)
    this.#take = bytes => extension.onMessage(bytes)
    this.#ready = () => extension.onExtendedHandshake()
  }
  extended(_name: string, bytes: Uint8Array) {
    this.sent.push(bytes)
    this.onSent(bytes)
  }
  once(_event: string, listener: () => void) {
    this.#closed = listener
  }
  get wire(): Wire {
    return this as unknown as Wire
  }
  ready(): void {
    this.#ready()
  }
  take(bytes: Uint8Array): void {
    this.#take(bytes)
  }
  close(): void {
    this.destroyed = true
    this.#closed()
  }
  messages() {
    return this.sent.map(decodeIntroduction)
  }
}

/** A connection that is being made: it says its description when told to. */
class Half {
  id = ''
  destroyed = false
  readonly initiator: boolean
  readonly accepted: unknown[] = []
  describe: (description: object) => void = () => undefined
  readonly #ends: (() => void)[] = []

  constructor(initiator: boolean) {
    this.initiator = initiator
  }
  once(event: string, listener: (description: object) => void) {
    if (event === 'description') this.describe = listener
    else this.#ends.push(() => listener({}))
  }
  accept(description: unknown) {
    this.accepted.push(description)
  }
  destroy() {
    this.destroyed = true
    for (const end of this.#ends.splice(0)) end()
  }
}

class Person {
  readonly made: Half[] = []
  readonly added: Half[] = []
  readonly known = new Set<string>()
  readonly links = new Map<string, Link>()
  readonly introductions: Introductions
  isSeed = false

  constructor(ownId: string) {
    this.introductions = new Introductions({
      ownId,
      count: () => this.links.size,
      knows: id => this.known.has(id),
      isSeed: wire => wire === null && this.isSeed,
      createConnection: ({ initiator }) => {
        const half = new Half(initiator)
        this.made.push(half)
        return half as unknown as RtcConnection
      },
      add: connection => {
        this.added.push(connection as unknown as Half)
        this.known.add(connection.id)
        return true
      },
    })
  }

  meet(id: string): Link {
    const link = new Link()
    this.links.set(id, link)
    this.known.add(id)
    this.introductions.addPeer(link.wire, id)
    link.ready()
    return link
  }
}

function connect(one: Person, oneId: string, other: Person, otherId: string) {
  const [here, there] = [one.meet(otherId), other.meet(oneId)]
  here.onSent = bytes => there.take(bytes)
  there.onSent = bytes => here.take(bytes)
}

const offer = (to: string, from = A, sdp = 'v=0') =>
  encodeIntroduction({ type: 'offer', from, to, offerId: '0102', sdp })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('two peers of a third one', () => {
  test('are introduced by it, and nobody else is needed', () => {
    const [a, b, c] = [new Person(A), new Person(B), new Person(C)]
    connect(a, A, c, C)
    connect(b, B, c, C)
    vi.advanceTimersByTime(3_000)
    const [asking] = a.made
    expect(asking?.initiator).toBe(true)
    asking?.describe({ type: 'offer', sdp: 'v=0 offer' })
    expect(b.added.map(({ id }) => id)).toEqual([A])
    expect(b.added[0]?.accepted).toEqual([{ type: 'offer', sdp: 'v=0 offer' }])
    b.added[0]?.describe({ type: 'answer', sdp: 'v=0 answer' })
    expect(a.added.map(({ id }) => id)).toEqual([B])
    expect(a.added[0]?.accepted).toEqual([{ type: 'answer', sdp: 'v=0 answer' }])
    expect(c.made).toEqual([])
    for (const person of [a, b, c]) person.introductions.stop()
  })

  test('of which both have everything stay apart', () => {
    const [a, b, c] = [new Person(A), new Person(B), new Person(C)]
    a.isSeed = true
    b.isSeed = true
    const link = a.meet(C)
    link.take(encodeIntroduction({ type: 'list', peers: [{ id: B, isSeed: true }] }))
    vi.advanceTimersByTime(20_000)
    expect(a.made).toEqual([])
    for (const person of [a, b, c]) person.introductions.stop()
  })
})

test('an offer that is not answered is withdrawn, and made again later', () => {
  const a = new Person(A)
  a.meet(C).take(encodeIntroduction({ type: 'list', peers: [{ id: B, isSeed: false }] }))
  vi.advanceTimersByTime(3_000)
  expect(a.made).toHaveLength(1)
  a.made[0]?.describe({ type: 'offer', sdp: 'v=0' })
  vi.advanceTimersByTime(9_000)
  expect(a.made[0]?.destroyed).toBe(true)
  vi.advanceTimersByTime(10_000)
  expect(a.made.length).toBeGreaterThan(1)
  expect(a.made.length).toBeLessThan(4)
  a.introductions.stop()
})

test('a lost peer that another one still has is asked for at once', () => {
  const a = new Person(A)
  const link = a.meet(C)
  const lost = a.meet(B)
  link.take(encodeIntroduction({ type: 'list', peers: [{ id: B, isSeed: false }] }))
  vi.advanceTimersByTime(3_000)
  expect(a.made).toEqual([])
  a.known.delete(B)
  lost.close()
  vi.advanceTimersByTime(2_500)
  expect(a.made).toHaveLength(1)
  a.introductions.stop()
})

describe('a peer that', () => {
  test('passes on 10,000 offers: a handful is looked at, the connection stays', () => {
    const b = new Person(B)
    const link = b.meet(C)
    for (let sent = 0; sent < 10_000; sent++) {
      link.take(offer(B, sent.toString(16).padStart(40, '0')))
    }
    expect(b.made.length).toBeLessThanOrEqual(4)
    expect(link.destroyed).toBe(false)
    b.introductions.stop()
  })

  test('has 10,000 offers passed on: another one gets a handful', () => {
    const c = new Person(C)
    const from = c.meet(A)
    const to = c.meet(B)
    for (let sent = 0; sent < 10_000; sent++) from.take(offer(B))
    expect(to.sent.length).toBeLessThanOrEqual(4)
    c.introductions.stop()
  })

  test("speaks in another one's name: it is called by its own", () => {
    const c = new Person(C)
    const from = c.meet(A)
    const to = c.meet(B)
    from.take(offer(B, ID('f')))
    expect(to.messages()).toMatchObject([{ type: 'offer', from: A, to: B }])
    c.introductions.stop()
  })

  test('names somebody who is here already, or itself, or us: nothing is made', () => {
    const b = new Person(B)
    const link = b.meet(C)
    b.known.add(A)
    for (const from of [A, B, C]) link.take(offer(B, from))
    expect(b.made).toEqual([])
    b.introductions.stop()
  })

  test('answers what it was not asked: nothing happens', () => {
    const a = new Person(A)
    const c = a.meet(C)
    const other = a.meet(ID('d'))
    c.take(encodeIntroduction({ type: 'list', peers: [{ id: B, isSeed: false }] }))
    vi.advanceTimersByTime(3_000)
    a.made[0]?.describe({ type: 'offer', sdp: 'v=0' })
    const asked = c.messages().find(message => message?.type === 'offer')
    const offerId = asked?.type === 'offer' ? asked.offerId : ''
    const answer = { type: 'answer', to: A, offerId, sdp: 'v=0' } as const
    // Not the one who was asked to introduce; somebody else than was asked for; another offer.
    other.take(encodeIntroduction({ ...answer, from: B }))
    c.take(encodeIntroduction({ ...answer, from: ID('e') }))
    c.take(encodeIntroduction({ ...answer, from: B, offerId: 'ffff' }))
    expect(a.added).toEqual([])
    c.take(encodeIntroduction({ ...answer, from: B }))
    expect(a.added).toHaveLength(1)
    a.introductions.stop()
  })

  test('introduces peers that had to be banned is not listened to any more', () => {
    const b = new Person(B)
    const link = b.meet(C)
    for (const letter of ['1', '2']) {
      link.take(offer(B, ID(letter)))
      const added = b.added.at(-1)
      expect(b.introductions.introducerOf(added as object)).toBe(C)
      b.introductions.banned(added as object)
    }
    link.take(offer(B, ID('3')))
    expect(b.added).toHaveLength(2)
    b.introductions.stop()
  })

  test('lists a thousand peers: few are asked for at a time', () => {
    const a = new Person(A)
    const peers = Array.from({ length: 1000 }, (_, index) => ({
      id: `b${index.toString(16).padStart(39, '0')}`,
      isSeed: false,
    }))
    a.meet(C).take(encodeIntroduction({ type: 'list', peers }))
    vi.advanceTimersByTime(5_000)
    expect(a.made).toHaveLength(3)
    a.introductions.stop()
  })
})

describe('messages', () => {
  test('are read as they were written', () => {
    const list = {
      type: 'list',
      peers: [
        { id: A, isSeed: true },
        { id: B, isSeed: false },
      ],
    } as const
    expect(decodeIntroduction(encodeIntroduction(list))).toEqual(list)
    const answer = { type: 'answer', from: A, to: B, offerId: '00ff', sdp: 'v=0\r\n' } as const
    expect(decodeIntroduction(encodeIntroduction(answer))).toEqual(answer)
  })

  test('that are none are refused, whatever they hold', () => {
    const text = (message: string) => decodeIntroduction(new TextEncoder().encode(message))
    expect(text('')).toBeNull()
    expect(text('de')).toBeNull()
    expect(text('d4:from3:abc2:id1:x5:offer3:v=02:to3:abce')).toBeNull()
    expect(decodeIntroduction(offer(B, A, 'v'.repeat(SDP_MAX + 1)))).toBeNull()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const message = decodeIntroduction(bytes)
        if (message?.type === 'list') expect(message.peers.length).toBeLessThanOrEqual(LISTED_MAX)
      }),
    )
  })
})
