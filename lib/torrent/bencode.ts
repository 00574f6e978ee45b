import { AppError } from '../base/errors.ts'

/**
 * A decoded value. Byte strings are views into the input. Dictionary keys hold one byte a UTF-16 unit
 * (latin1), so any key survives, string order is byte order, and `__proto__` is a key like any other.
 */
export type Bencode = number | Uint8Array | readonly Bencode[] | ReadonlyMap<string, Bencode>

/** What `encode` takes: decoded values, text (written as UTF-8), and values that are encoded already. */
export type Encodable =
  | number
  | string
  | Uint8Array
  | Encoded
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>

/** Bytes of one bencoded value, put into a larger one as they are: an info dictionary keeps its hash. */
export class Encoded {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** A decoded input, and the raw bytes (views) of each entry's value when it is a dictionary. */
export interface Decoded {
  readonly value: Bencode
  readonly rawEntries: ReadonlyMap<string, Uint8Array>
}

/** A metainfo needs 5, and one level a folder in a BEP 52 file tree. */
const MAX_DEPTH = 32

/**
 * An empty value takes 2 bytes of input but some 200 of memory, so bytes alone do not bound the cost.
 * 100,000 files with six path components each stay below this.
 */
const MAX_VALUES = 1_000_000

const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const DICTIONARY = 0x64
const END = 0x65
const INTEGER = 0x69
const LIST = 0x6c

/**
 * The one value that `bytes` hold, in canonical form only (BEP 3): whatever is accepted re-encodes to the same
 * bytes. Linear in time; nests at most 32 deep.
 *
 * Errors: `metainfo_syntax` (not bencode, bytes left over, too deep, integer beyond 2^53 - 1),
 * `metainfo_not_canonical` (leading zeros, `-0`, keys unsorted or repeated), `metainfo_too_large` (over a million
 * values).
 */
export function decode(bytes: Uint8Array): Decoded {
  const reader = new Reader(bytes)
  const value = reader.readValue(1)
  reader.expectEnd()
  return { value, rawEntries: reader.rawEntries }
}

/**
 * `value` in canonical bencoding (BEP 3); dictionary keys are sorted here.
 * Errors: `metainfo_invalid` for a number that is not a safe integer or a key that is not latin1.
 */
export function encode(value: Encodable): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
  writer.writeValue(value)
  return writer.finish()
}

class Reader {
  readonly rawEntries = new Map<string, Uint8Array>()
  readonly #bytes: Uint8Array
  #at = 0
  #values = 0

  constructor(bytes: Uint8Array) {
    // A plain view: subclasses such as Node's Buffer give `subarray` and `slice` other meanings.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  readValue(depth: number): Bencode {
    if (depth > MAX_DEPTH) throw this.#syntax(`nested more than ${MAX_DEPTH} deep`)
    this.#values += 1
    if (this.#values > MAX_VALUES) {
      throw new AppError('metainfo_too_large', `more than ${MAX_VALUES} bencoded values`)
    }
    const first = this.#bytes[this.#at]
    if (first === INTEGER) {
      this.#at += 1
      return this.#readNumber(END)
    }
    if (first === LIST) return this.#readList(depth)
    if (first === DICTIONARY) return this.#readDictionary(depth)
    return this.#readString()
  }

  expectEnd(): void {
    if (this.#at < this.#bytes.length) throw this.#syntax('bytes after the end')
  }

  #readList(depth: number): Bencode[] {
    const list: Bencode[] = []
    this.#at += 1
    while (this.#bytes[this.#at] !== END) list.push(this.readValue(depth + 1))
    this.#at += 1
    return list
  }

  #readDictionary(depth: number): Map<string, Bencode> {
    const dictionary = new Map<string, Bencode>()
    let previous: string | undefined
    this.#at += 1
    while (this.#bytes[this.#at] !== END) {
      const keyAt = this.#at
      const key = latin1(this.#readString())
      if (previous !== undefined && key <= previous) {
        throw notCanonical(key === previous ? 'repeated key' : 'keys not sorted', keyAt)
      }
      previous = key
      const valueAt = this.#at
      dictionary.set(key, this.readValue(depth + 1))
      if (depth === 1) this.rawEntries.set(key, this.#bytes.subarray(valueAt, this.#at))
    }
    this.#at += 1
    return dictionary
  }

  #readString(): Uint8Array {
    const first = this.#bytes[this.#at]
    // Checked here because readNumber would take a minus sign, and a length has none.
    if (first === undefined || first < ZERO || first > NINE) {
      throw this.#syntax(first === undefined ? 'ends too early' : 'not a bencoded value')
    }
    const length = this.#readNumber(COLON)
    if (length > this.#bytes.length - this.#at) throw this.#syntax('string longer than the input')
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  /** The canonical decimal number up to and past the byte `terminator`. */
  #readNumber(terminator: number): number {
    const start = this.#at
    const negative = this.#bytes[start] === MINUS
    const digitsAt = negative ? start + 1 : start
    let at = digitsAt
    let magnitude = 0
    for (; this.#bytes[at] !== terminator; at += 1) {
      const byte = this.#bytes[at]
      if (byte === undefined) throw this.#syntax('ends inside a number')
      if (byte < ZERO || byte > NINE) throw this.#syntax('not a decimal number')
      magnitude = magnitude * 10 + (byte - ZERO)
      if (magnitude > Number.MAX_SAFE_INTEGER) throw this.#syntax('number beyond 2^53 - 1')
    }
    if (at === digitsAt) throw this.#syntax('number without digits')
    if (this.#bytes[digitsAt] === ZERO && at - start > 1) {
      throw notCanonical(magnitude === 0 && negative ? 'negative zero' : 'leading zero', start)
    }
    this.#at = at + 1
    return negative ? -magnitude : magnitude
  }

  #syntax(what: string): AppError {
    return new AppError('metainfo_syntax', `${what} at byte ${this.#at}`)
  }
}

function notCanonical(what: string, at: number): AppError {
  return new AppError('metainfo_not_canonical', `${what} at byte ${at}`)
}

/** One character a byte. TextDecoder has no such encoding: its `latin1` is windows-1252. */
function latin1(bytes: Uint8Array): string {
  // In runs, because a call takes a limited number of arguments.
  const run = 4096
  let text = ''
  for (let at = 0; at < bytes.length; at += run) {
    text += String.fromCharCode(...bytes.subarray(at, at + run))
  }
  return text
}

const utf8 = new TextEncoder()

/** Writes into one buffer that doubles when full: a metainfo has a million tokens of a few bytes each. */
class Writer {
  #bytes = new Uint8Array(1024)
  #length = 0

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  writeValue(value: Encodable): void {
    if (typeof value === 'number') this.#writeInteger(value)
    else if (typeof value === 'string') this.#writeString(utf8.encode(value))
    else if (value instanceof Uint8Array) this.#writeString(value)
    else if (value instanceof Encoded) this.#writeBytes(value.bytes)
    else if (value instanceof Map) this.#writeDictionary(value)
    else this.#writeList(value as readonly Encodable[])
  }

  #writeInteger(value: number): void {
    if (!Number.isSafeInteger(value)) throw new AppError('metainfo_invalid', `${value} is not a safe integer`)
    // A template prints -0 as 0, the canonical form.
    this.#writeLatin1(`i${value}e`)
  }

  #writeString(bytes: Uint8Array): void {
    this.#writeLatin1(`${bytes.length}:`)
    this.#writeBytes(bytes)
  }

  #writeList(list: readonly Encodable[]): void {
    this.#writeLatin1('l')
    for (const item of list) this.writeValue(item)
    this.#writeLatin1('e')
  }

  #writeDictionary(dictionary: ReadonlyMap<string, Encodable>): void {
    this.#writeLatin1('d')
    for (const [key, value] of [...dictionary].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#writeLatin1(`${key.length}:${key}`)
      this.writeValue(value)
    }
    this.#writeLatin1('e')
  }

  #writeLatin1(text: string): void {
    this.#reserve(text.length)
    for (let at = 0; at < text.length; at += 1) {
      const byte = text.charCodeAt(at)
      if (byte > 0xff) throw new AppError('metainfo_invalid', 'a dictionary key is not a byte string')
      this.#bytes[this.#length + at] = byte
    }
    this.#length += text.length
  }

  #writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
