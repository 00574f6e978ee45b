import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  MESSAGE_MAX_BYTES,
  OFFERS_MAX,
  parseTrackerReply,
  parseTrackerRequest,
  SCRAPE_MAX,
  SDP_MAX,
} from '../../../lib/protocol/announce.ts'

const HASH = '\u0000\n\u00ffh'.padEnd(20, 'h')
const PEER = 'p'.repeat(20)
const offer = (id = 'o'.repeat(20), sdp = 'v=0') => ({ offer: { type: 'offer', sdp }, offer_id: id })
const announce = (more: object = {}) => ({ action: 'announce', info_hash: HASH, peer_id: PEER, ...more })
const answer = (more: object = {}) =>
  announce({ to_peer_id: PEER, offer_id: 'o'.repeat(20), answer: { type: 'answer', sdp: '' }, ...more })
const parse = (value: unknown) => parseTrackerRequest(JSON.stringify(value))

describe('messages to the tracker', () => {
  test('keep known keys and drop the rest', () => {
    const { offer: description, offer_id } = offer()
    const dirty = announce({
      left: null,
      event: 'started',
      ip: '1.2.3.4',
      type: 'ws',
      socket: {},
      offers: [{ offer: { ...description, candidates: [1] }, offer_id, x: 1 }],
    })
    expect(parse(dirty)).toEqual({
      kind: 'announce',
      message: announce({ event: 'started', offers: [offer()] }),
    })
  })

  // Clients send all sorts: other trackers answer them too.
  test.each([
    { left: -2 },
    { left: '5' },
    { left: null, uploaded: -1, downloaded: -1 },
    { event: 'exploded' },
    { event: 7 },
    { numwant: -1 },
    { numwant: null },
  ])('count what makes no sense as not said: %o', odd => {
    expect(parse(announce(odd))).toEqual({ kind: 'announce', message: announce() })
  })

  test('read at most ten offers', () => {
    const request = parse(
      announce({ offers: Array.from({ length: 30 }, (_, at) => (at < 10 ? offer() : null)) }),
    )
    expect(request.kind === 'announce' && request.message.offers).toHaveLength(OFFERS_MAX)
  })

  test('are answers when they hold one', () => {
    expect(parse(answer())).toEqual({ kind: 'answer', message: answer() })
    expect(parse(announce({ answer: null })).kind).toBe('announce')
  })

  test('scrape one hash or some', () => {
    expect(parse({ action: 'scrape', info_hash: HASH })).toMatchObject({ message: { info_hash: [HASH] } })
    const many = (count: number) => parse({ action: 'scrape', info_hash: Array(count).fill(HASH) }).kind
    expect([many(0), many(1), many(SCRAPE_MAX), many(SCRAPE_MAX + 1)]).toEqual([
      'invalid',
      'scrape',
      'scrape',
      'invalid',
    ])
  })

  test.each<[string, object]>([
    ['offers that are null', announce({ offers: [null] })],
    ['offers that are no list', announce({ offers: {} })],
    ['an offer without an id', announce({ offers: [{ offer: offer().offer }] })],
    ['an offer of type answer', announce({ offers: [{ ...offer(), offer: { type: 'answer', sdp: '' } }] })],
    ['a session description that is too long', announce({ offers: [offer(PEER, 'x'.repeat(SDP_MAX + 1))] })],
    ['an answer without an offer id', answer({ offer_id: undefined })],
    ['an answer with a numeric offer id', answer({ offer_id: 5 })],
    ['an answer to nobody', answer({ to_peer_id: 'x' })],
    ['a peer id beyond U+00FF', announce({ peer_id: '\u0161'.repeat(20) })],
    ['a peer id that is too short', announce({ peer_id: 'p' })],
  ])('are refused with %s, naming the swarm', (_, message) => {
    expect(parse(message)).toMatchObject({ kind: 'invalid', action: 'announce', infoHash: HASH })
  })

  test.each([
    ['an object', {}],
    ['a number', 5],
    ['nothing', undefined],
    ['an object in a list', [{}]],
  ])('are refused when they scrape %s', (_, infoHash) => {
    expect(parse({ action: 'scrape', info_hash: infoHash })).toMatchObject({
      kind: 'invalid',
      action: 'scrape',
    })
  })

  test('name no action or swarm when they have none', () => {
    for (const text of ['', 'null', '5', '[]', '{', '{"action":"stats"}', '{"action":{},"info_hash":[]}']) {
      expect(parseTrackerRequest(text)).toMatchObject({
        kind: 'invalid',
        action: undefined,
        infoHash: undefined,
      })
    }
  })

  test('never throw, whatever they are', () => {
    const keys = ['action', 'info_hash', 'peer_id', 'offers', 'answer', 'offer_id', 'left', '__proto__']
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('announce', 'scrape', HASH, PEER, [offer()]))
    const messages = fc.dictionary(fc.constantFrom(...keys), value)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          messages.map(message => JSON.stringify(message)),
        ),
        text => {
          expect(['announce', 'answer', 'scrape', 'invalid']).toContain(parseTrackerRequest(text).kind)
        },
      ),
    )
  })
})

describe('messages from a tracker', () => {
  const reply = (value: unknown) => parseTrackerReply(JSON.stringify(value)) !== null
  const counts = (more: object = {}) => ({ action: 'announce', info_hash: HASH, interval: 120, ...more })
  const relayed = (more: object = {}) => ({ ...announce(), ...offer(), ...more })
  const accepted = (more: object = {}) =>
    announce({ answer: { type: 'answer', sdp: '' }, offer_id: 'o'.repeat(20), ...more })

  test.each<[string, object]>([
    ['counts', counts({ complete: 1, incomplete: 2 })],
    ['counts that are unknown', counts({ complete: null, incomplete: null })],
    ['an offer', relayed()],
    ['an answer', accepted()],
    ['a failure', { action: 'announce', info_hash: HASH, 'failure reason': 'no' }],
    ['keys of another tracker', counts({ x: [1], peers: '' })],
  ])('may be %s', (_, message) => {
    expect(reply(message)).toBe(true)
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 5],
    ['a list', [counts()]],
    ['an announce of no swarm', { action: 'announce' }],
    ['an announce of a numeric swarm', counts({ info_hash: 5 })],
    ['a swarm beyond latin1', counts({ info_hash: '\u0161'.repeat(20) })],
    ['a failure without action', { info_hash: HASH, 'failure reason': 'no' }],
    ['a failure that is no text', counts({ 'failure reason': {} })],
    ['a scrape', { action: 'scrape', files: {} }],
    ['a scrape of null', { action: 'scrape', files: { x: null } }],
    ['an unknown action', { ...counts(), action: 'stats' }],
    ['a numeric peer id', relayed({ peer_id: 5 })],
    ['an offer of nobody', relayed({ peer_id: undefined })],
    ['an offer without an id', relayed({ offer_id: undefined })],
    ['an offer of null', relayed({ offer: null })],
    ['an offer of text', relayed({ offer: 'v=0' })],
    ['an offer that is an answer', relayed({ offer: { type: 'answer', sdp: '' } })],
    ['an offer without a description', relayed({ offer: { type: 'offer' } })],
    ['an answer without an offer id', accepted({ offer_id: undefined })],
    ['an answer with a numeric offer id', accepted({ offer_id: 5 })],
    ['an answer of nobody', accepted({ peer_id: undefined })],
    [
      'a description that is too long',
      accepted({ answer: { type: 'answer', sdp: 'x'.repeat(SDP_MAX + 1) } }),
    ],
    ['an interval of a millisecond', counts({ interval: 0.001 })],
    ['an interval that overflows a timer', counts({ interval: 1e10 })],
    ['more than the most', counts({ 'tracker id': 'x'.repeat(MESSAGE_MAX_BYTES) })],
  ])('are passed over when they are %s', (_, message) => {
    expect(reply(message)).toBe(false)
  })

  test('are ignored when they are not JSON, and never throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => parseTrackerReply(text) === null))
  })
})
