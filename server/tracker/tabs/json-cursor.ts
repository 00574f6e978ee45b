import type { WireText } from '../wire-text.ts'
import type { SentId } from './message.ts'

/** A string of JSON (RFC 8259 section 7); no input makes the expression backtrack more than once. */
export const STRING = /"[ !#-[\]-\u00ff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u00ff]*)*"/y
const NUMBER = /(?:0|[1-9]\d{0,15})(?=[,}])/y

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LETTER_A = 0x61
const LETTER_U = 0x75
const ZERO = 0x30
const ID_UNITS = 20
/** Filled by each call of `id`, so that an id costs no allocation but its own text. */
const idBytes = Buffer.alloc(ID_UNITS)
/** The byte that an escape stands for, by the letter after its backslash. */
const SHORT_ESCAPES: readonly (number | undefined)[] = (() => {
  const table = Array<number | undefined>(128).fill(undefined)
  const pairs = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
  for (const [letter, unit] of Object.entries(pairs)) table[letter.charCodeAt(0)] = unit.charCodeAt(0)
  return table
})()

/** The value of the four hex digits at `at` when it is below 256, else a negative number. */
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

/**
 * Reads JSON without white space (RFC 8259) in place, in text that holds one byte of UTF-8 a UTF-16 unit and was found
 * valid before. Each step moves past what it reads, or returns false or undefined and leaves the position undefined.
 */
export class JsonCursor {
  text: WireText = ''
  at = 0

  /** Moves past `expected`; false when something else is there. */
  skip(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }

  /** Moves past what `pattern` (sticky) matches; returns its first group, or all of it when there is none. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found[1] ?? found[0]
  }

  /** Moves past what `pattern` (sticky) matches, without making a text of it. */
  pass(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.text)) return false
    this.at = pattern.lastIndex
    return true
  }

  /** A whole number of at most 16 digits, or null. */
  number(): number | null | undefined {
    if (this.skip('null')) return null
    const digits = this.match(NUMBER)
    return digits === undefined ? undefined : Number(digits)
  }

  /** A string of exactly 20 code points up to U+00FF, as a value and as it stands. */
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
        // U+0080 to U+00FF as two bytes of UTF-8, which was found valid.
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
}
