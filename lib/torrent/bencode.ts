import { AppError } from '../base/errors.ts'

/**
 * A decoded value. Byte strings are views into the input. Dictionary keys hold one byte a UTF-16 unit (latin1), so that any
 * key is preserved, string order is byte order, and `__proto__` is a key like any other.
 */
export type Bencode = number | Uint8Array | readonly Bencode[] | ReadonlyMap<string, Bencode>

/** Input of `encode`: decoded values, text (written as UTF-8), and values that are encoded already. */
export type Encodable =
  | number
  | string
  | Uint8Array
  | Encoded
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>

/** Bytes of one bencoded value, written as they are, so that an info dictionary keeps its hash. */
export class Encoded {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** A way in which an input is not canonical bencoding (BEP 3), though it can be read. */
export type Irregularity = 'unsorted_keys' | 'repeated_key' | 'leading_zero' | 'bytes_after_end'

/** A decoded input, and the raw bytes (views) of each entry's value when it is a dictionary. */
export interface Decoded {
  readonly value: Bencode
  readonly rawEntries: ReadonlyMap<string, Uint8Array>
  /** Empty for canonical input, which re-encodes to the same bytes. */
  readonly irregularities: ReadonlySet<Irregularity>
}

export interface DecodeOptions {
  /** Most values; see `VALUES_MAX`. */
  readonly valuesMax?: number
}

/** Metainfo files need 5 levels, and one for each folder in a BEP 52 file tree. */
const MAX_DEPTH = 32

/**
 * An empty value takes 2 bytes of input but some 200 of memory, so the size of the input alone does not limit the cost.
 * 100,000 files with six path components each stay below this.
 */
export const VALUES_MAX = 1_000_000

const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const DICTIONARY = 0x64
const END = 0x65
const INTEGER = 0x69
const LIST = 0x6c

/**
 * The value that `bytes` hold (BEP 3). Lenient, because files in use come from programs of all kinds: keys may stand
 * in any order, of repeated keys the first counts, numbers may have leading zeros, and bytes after the end are left
 * out; `irregularities` says which of these were met. Integers beyond 2^53 - 1 lose digits. Linear in time; nests at
 * most 32 deep.
 *
 * Errors: `metainfo_syntax` (not bencode, too deep), `metainfo_too_large` (over `valuesMax` values).
 */
export function decode(bytes: Uint8Array, { valuesMax = VALUES_MAX }: DecodeOptions = {}): Decoded {
  const reader = new Reader(bytes, valuesMax)
  const value = reader.readValue(1)
  reader.noteEnd()
  return { value, rawEntries: reader.rawEntries, irregularities: reader.irregularities }
}

/**
 * Encodes `value` in canonical form (BEP 3), with dictionary keys sorted.
 * Errors: `metainfo_invalid` for a number that is not a safe integer or a key that is not latin1.
 */
export function encode(value: Encodable): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
  writer.writeValue(value)
  return writer.finish()
}

class Reader {
  readonly rawEntries = new Map<string, Uint8Array>()
  readonly irregularities = new Set<Irregularity>()
  readonly #bytes: Uint8Array
  readonly #valuesMax: number
  #at = 0
  #values = 0

  constructor(bytes: Uint8Array, valuesMax: number) {
    this.#valuesMax = valuesMax
    // A plain view, because subclasses such as Node's Buffer override `subarray` and `slice`.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  readValue(depth: number): Bencode {
    if (depth > MAX_DEPTH) throw this.#syntax(`nested more than ${MAX_DEPTH} deep`)
    this.#values += 1
    if (this.#values > this.#valuesMax) {
      throw new AppError('metainfo_too_large', `more than ${this.#valuesMax} bencoded values`)
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

  noteEnd(): void {
    if (this.#at < this.#bytes.length) this.irregularities.add('bytes_after_end')
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
      const key = latin1(this.#readString())
      if (previous !== undefined && key < previous) this.irregularities.add('unsorted_keys')
      previous = key
      const valueAt = this.#at
      const value = this.readValue(depth + 1)
      if (dictionary.has(key)) {
        this.irregularities.add('repeated_key')
        continue
      }
      dictionary.set(key, value)
      if (depth === 1) this.rawEntries.set(key, this.#bytes.subarray(valueAt, this.#at))
    }
    this.#at += 1
    return dictionary
  }

  #readString(): Uint8Array {
    const first = this.#bytes[this.#at]
    // Checked here because a length has no minus sign, which #readNumber accepts.
    if (first === undefined || first < ZERO || first > NINE) {
      throw this.#syntax(first === undefined ? 'ends too early' : 'not a bencoded value')
    }
    const length = this.#readNumber(COLON)
    if (length > this.#bytes.length - this.#at) throw this.#syntax('string longer than the input')
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  /** The decimal number up to and past the byte `terminator`. */
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
    }
    if (at === digitsAt) throw this.#syntax('number without digits')
    if (this.#bytes[digitsAt] === ZERO && at - start > 1) this.irregularities.add('leading_zero')
    this.#at = at + 1
    return negative && magnitude > 0 ? -magnitude : magnitude
  }

  #syntax(what: string): AppError {
    return new AppError('metainfo_syntax', `${what} at byte ${this.#at}`)
  }
}

/** One UTF-16 unit a byte. TextDecoder cannot do that: its `latin1` is windows-1252. */
function latin1(bytes: Uint8Array): string {
  // In parts, because a call takes a limited number of arguments.
  const run = 4096
  let text = ''
  for (let at = 0; at < bytes.length; at += run) {
    text += String.fromCharCode(...bytes.subarray(at, at + run))
  }
  return text
}

const utf8 = new TextEncoder()

/** Writes into one buffer that doubles when full, because a metainfo file has up to a million tokens of a few bytes. */
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
    // The template turns -0 into 0, the canonical form.
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
