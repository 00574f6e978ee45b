import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SDP_MAX } from '../../../lib/protocol/announce.ts'
import type { TabMessage } from '../../../server/tracker/tabs/message.ts'
import { readAnyMessage } from '../../../server/tracker/tabs/read-message.ts'
import { readUsualMessage } from '../../../server/tracker/tabs/usual-message.ts'
import { cpuTime } from '../../support/cpu-time.ts'

const wire = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('latin1')
const parse = (json: string): unknown => JSON.parse(Buffer.from(json, 'latin1').toString())

/** The meaning of a message, however its texts are escaped. */
function meaning(message: TabMessage | undefined): unknown {
  if (message?.kind === 'announce') {
    const offers = message.offers.map(({ id, json }) => ({ id: id.value, offer: parse(json) }))
    return { ...message, infoHash: message.infoHash.value, peerId: message.peerId.value, offers }
  }
  if (message?.kind !== 'answer') return message
  const { infoHash, json, offerId, peerId } = message
  const ids = { infoHash: infoHash.value, peerId: peerId.value, offerId: offerId.value }
  return { ...message, ...ids, json: parse(json) }
}

const id = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytes => Buffer.from(bytes).toString('latin1'))
const sdp = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constant('v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"quoted" \\ \u2028 \u{1f331}\r\n'),
)
const offer = fc.record({ offer: fc.record({ type: fc.constant('offer'), sdp }), offer_id: id })
const announce = fc.record(
  {
    numwant: fc.nat(),
    uploaded: fc.nat(),
    downloaded: fc.maxSafeNat(),
    left: fc.oneof(fc.nat(), fc.constant(null)),
    event: fc.constantFrom('started', 'stopped', 'completed', 'update', 'paused'),
    action: fc.constant('announce'),
    info_hash: id,
    peer_id: id,
    offers: fc.array(offer, { maxLength: 10 }),
  },
  { requiredKeys: ['action', 'info_hash', 'peer_id'] },
)
const answer = fc.record({
  action: fc.constant('announce'),
  info_hash: id,
  peer_id: id,
  to_peer_id: id,
  answer: fc.record({ type: fc.constant('answer'), sdp }),
  offer_id: id,
})
const message = fc.oneof(announce, answer)

describe('messages as clients send them', () => {
  test('are read without the schemas, and mean the same as by them', () => {
    fc.assert(
      fc.property(message, value => {
        const text = wire(value)
        const usual = readUsualMessage(text)
        expect(usual).toBeDefined()
        expect(meaning(usual)).toEqual(meaning(readAnyMessage(text)))
      }),
    )
  })

  test('with their keys in any order', () => {
    const shuffled = fc
      .tuple(message, fc.infiniteStream(fc.nat()))
      .map(([value, order]) =>
        Object.fromEntries(Object.entries(value).sort(() => (order.next().value % 2 === 0 ? 1 : -1))),
      )
    fc.assert(
      fc.property(shuffled, value => {
        expect(meaning(readUsualMessage(wire(value)))).toEqual(meaning(readAnyMessage(wire(value))))
      }),
    )
  })

  test('pass on what they carried', () => {
    fc.assert(
      fc.property(offer, announced => {
        const [read] = (
          readUsualMessage(
            wire({
              action: 'announce',
              info_hash: 'h'.repeat(20),
              peer_id: 'p'.repeat(20),
              offers: [announced],
            }),
          ) as TabMessage & { kind: 'announce' }
        ).offers
        expect(parse(read?.json ?? '')).toEqual(announced.offer)
        expect(parse(read?.id.json ?? '')).toBe(announced.offer_id)
      }),
    )
  })
})

describe('anything else', () => {
  test('is never accepted unless the schemas accept it, with the same meaning', () => {
    const changed = fc
      .tuple(message, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\u0nx9 -e.\0\n\xc3\xbf'))))
      .map(([value, changes]) => {
        const units = [...wire(value)]
        for (const [at, unit] of changes) units[at % units.length] = unit
        return units.join('')
      })
    fc.assert(
      fc.property(changed, text => {
        fc.pre(isUtf8(Buffer.from(text, 'latin1')))
        const usual = readUsualMessage(text)
        if (usual !== undefined) expect(meaning(usual)).toEqual(meaning(readAnyMessage(text)))
      }),
      { numRuns: 1000 },
    )
  })

  const usual = {
    action: 'announce',
    info_hash: 'h'.repeat(20),
    peer_id: 'p'.repeat(20),
    offers: [{ offer: { type: 'offer', sdp: 'v=0' }, offer_id: 'o'.repeat(20) }],
  }
  const text = wire(usual)
  test.each([
    ['a key of an object that nobody knows', text.replace('"sdp"', '"x":1,"sdp"')],
    ['a session description that ends early', text.replace('v=0"', 'v=0","x":"')],
    ['something behind it', `${text}{}`],
    ['a raw control character', text.replace('v=0', 'v\n0')],
    ['an escape that is none', text.replace('v=0', '\\x41')],
    ['a backslash at the end of a string', text.replace('v=0"', 'v=0\\"')],
    ['an id of 19', text.replace('oooo"', 'ooo"')],
    ['an id beyond U+00FF', wire({ ...usual, peer_id: `${'p'.repeat(19)}\u0161` })],
    ['a description that is too long', text.replace('v=0', 'v'.repeat(SDP_MAX))],
    ['eleven offers', wire({ ...usual, offers: Array(11).fill(usual.offers[0]) })],
    ['a negative number', wire({ ...usual, left: -1 })],
    ['nothing', ''],
  ])('%s is left to the schemas', (_, changed) => {
    expect(readUsualMessage(text)).toBeDefined()
    expect(readUsualMessage(changed)).toBeUndefined()
  })

  test('takes time linear in its length', () => {
    const spent = cpuTime(() => {
      readUsualMessage(`{"action":"announce","answer":{"type":"answer","sdp":"${'\\n'.repeat(32_000)}`)
      readUsualMessage(`{"action":"announce","answer":{"type":"answer","sdp":"${'a'.repeat(64_000)}`)
    })
    expect(spent).toBeLessThan(500)
  })
})
