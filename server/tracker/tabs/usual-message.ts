import { OFFERS_MAX, SDP_MAX } from '../../../lib/protocol/announce.ts'
import type { WireText } from '../swarms/swarm.ts'
import { isSeed, type Report } from '../swarms/swarms.ts'
import type { SentId, TabAnnounce, TabMessage } from './read-message.ts'

/**
 * An announce or answer in the one form that clients send: no white space, no unknown key, each value of its type. Offers
 * and answers, nearly all of the bytes, are proven to be JSON where they stand and never decoded. Anything else
 * gives undefined, and is for the schemas to judge: this reader accepts less than they do, and never anything else.
 */
export function readUsualMessage(text: WireText): TabMessage | undefined {
  cursor.text = text
  cursor.at = 0
  try {
    return readObject(cursor)
  } finally {
    cursor.text = ''
  }
}

const EVENTS = new Set<string | undefined>(['started', 'stopped', 'completed', 'update', 'paused'])

/** A string of JSON (RFC 8259 section 7); written so that no input makes it go back more than once. */
const STRING = /"[ !#-[\]-\u00ff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u00ff]*)*"/y
const KEY = /"([a-z_]{1,12})":/y
const WORD = /"([a-z]{1,12})"/y
const NUMBER = /(?:0|[1-9]\d{0,15})(?=[,}])/y

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LETTER_A = 0x61
const LETTER_U = 0x75
const ZERO = 0x30
const ID_UNITS = 20
const idBytes = Buffer.alloc(ID_UNITS)
/** What follows the backslash, and the byte that it stands for. */
const SHORT_ESCAPES: readonly (number | undefined)[] = (() => {
  const table = Array<number | undefined>(128).fill(undefined)
  const pairs = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
  for (const [letter, unit] of Object.entries(pairs)) table[letter.charCodeAt(0)] = unit.charCodeAt(0)
  return table
})()

/** The value of four hex digits at `at`, when it is below 256; else a negative number. */
function latin1Escape(text: WireText, at: number): number {
  if (text.charCodeAt(at) !== ZERO || text.charCodeAt(at + 1) !== ZERO) return -1
  const high = hexDigit(text.charCodeAt(at + 2))
  const low = hexDigit(text.charCodeAt(at + 3))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(unit: number): number {
  if (unit >= ZERO && unit <= ZERO + 9) return unit - ZERO
  const lower = unit | 0x20
  return lower >= LETTER_A && lower <= LETTER_A + 5 ? lower - LETTER_A + 10 : -1
}

class Cursor {
  text: WireText = ''
  at = 0

  /** Step over `expected`; false when something else is there. */
  skip(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }

  /** The first group of `pattern` here, and step over the whole. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found[1] ?? found[0]
  }

  /** Step over what matches `pattern`. */
  pass(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.text)) return false
    this.at = pattern.lastIndex
    return true
  }

  number(): number | null | undefined {
    if (this.skip('null')) return null
    const digits = this.match(NUMBER)
    return digits === undefined ? undefined : Number(digits)
  }

  /** A string of exactly 20 code points up to U+00FF. */
  id(): SentId | undefined {
    const { text } = this
    const start = this.at
    let at = start
    if (text.charCodeAt(at++) !== QUOTE) return undefined
    for (let count = 0; count < ID_UNITS; count += 1) {
      const byte = text.charCodeAt(at++)
      if (byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH) {
        idBytes[count] = byte
      } else if (byte === 0xc2 || byte === 0xc3) {
        // Two bytes of UTF-8; that it is valid was checked for the whole message.
        idBytes[count] = ((byte & 0x03) << 6) | (text.charCodeAt(at++) & 0x3f)
      } else if (byte === BACKSLASH) {
        const escaped = text.charCodeAt(at++)
        const value = escaped === LETTER_U ? latin1Escape(text, at) : (SHORT_ESCAPES[escaped] ?? -1)
        if (value < 0) return undefined
        if (escaped === LETTER_U) at += 4
        idBytes[count] = value
      } else {
        return undefined
      }
    }
    if (text.charCodeAt(at++) !== QUOTE) return undefined
    this.at = at
    return { value: idBytes.toString('latin1'), json: text.slice(start, at) }
  }

  /** A session description of that type. */
  description(type: 'offer' | 'answer'): WireText | undefined {
    const start = this.at
    const typeFirst = `{"type":"${type}","sdp":`
    const isFound = this.skip(typeFirst)
      ? this.pass(STRING) && this.skip('}')
      : this.skip('{"sdp":') && this.pass(STRING) && this.skip(`,"type":"${type}"}`)
    // Longer text may still be short enough once its escapes are resolved: for the schemas to count.
    return isFound && this.at - start <= SDP_MAX ? this.text.slice(start, this.at) : undefined
  }

  offers(): TabAnnounce['offers'] | undefined {
    const offers: TabAnnounce['offers'][number][] = []
    if (!this.skip('[')) return undefined
    if (this.skip(']')) return offers
    do {
      const offer = this.#offer()
      if (offer === undefined || offers.length === OFFERS_MAX) return undefined
      offers.push(offer)
    } while (this.skip(','))
    return this.skip(']') ? offers : undefined
  }

  #offer(): TabAnnounce['offers'][number] | undefined {
    const isIdFirst = this.skip('{"offer_id":')
    let id = isIdFirst ? this.id() : undefined
    if (!this.skip(isIdFirst ? ',"offer":' : '{"offer":')) return undefined
    const json = this.description('offer')
    if (!isIdFirst && json !== undefined && this.skip(',"offer_id":')) id = this.id()
    return id !== undefined && json !== undefined && this.skip('}') ? { id, json } : undefined
  }
}

const cursor = new Cursor()

function readObject(from: Cursor): TabMessage | undefined {
  let infoHash: SentId | undefined
  let peerId: SentId | undefined
  let toPeerId: SentId | undefined
  let offerId: SentId | undefined
  let answer: WireText | undefined
  let offers: TabAnnounce['offers'] = []
  let event: string | undefined
  let left: number | null | undefined
  let downloaded: number | null | undefined
  let numwant: number | undefined
  let isAnnounce = false
  if (!from.skip('{')) return undefined
  do {
    switch (from.match(KEY)) {
      case 'action':
        isAnnounce = from.skip('"announce"')
        if (!isAnnounce) return undefined
        break
      case 'info_hash':
        infoHash = from.id()
        if (infoHash === undefined) return undefined
        break
      case 'peer_id':
        peerId = from.id()
        if (peerId === undefined) return undefined
        break
      case 'to_peer_id':
        toPeerId = from.id()
        if (toPeerId === undefined) return undefined
        break
      case 'offer_id':
        offerId = from.id()
        if (offerId === undefined) return undefined
        break
      case 'answer':
        answer = from.description('answer')
        if (answer === undefined) return undefined
        break
      case 'offers': {
        const read = from.offers()
        if (read === undefined) return undefined
        offers = read
        break
      }
      case 'event':
        event = from.match(WORD)
        if (event === undefined || !EVENTS.has(event)) return undefined
        break
      case 'left':
        left = from.number()
        if (left === undefined) return undefined
        break
      case 'uploaded':
        if (from.number() === undefined) return undefined
        break
      case 'downloaded':
        downloaded = from.number()
        if (downloaded === undefined) return undefined
        break
      case 'numwant':
        numwant = from.number() ?? undefined
        if (numwant === undefined) return undefined
        break
      default:
        return undefined
    }
  } while (from.skip(','))
  if (!from.skip('}') || from.at !== from.text.length) return undefined
  if (!isAnnounce || infoHash === undefined || peerId === undefined) return undefined
  if (answer !== undefined) {
    if (toPeerId === undefined || offerId === undefined) return undefined
    return { kind: 'answer', infoHash, peerId, toPeerId: toPeerId.value, offerId, json: answer }
  }
  const known = event as Report['event']
  const report = { event: known, seed: isSeed(left, known), downloaded: downloaded ?? undefined }
  return { kind: 'announce', infoHash, peerId, report, numwant, offers }
}
