/** Where the checksum of an entry is written: before its bytes, or in a data descriptor behind them. */
export type ChecksumPlace = 'before' | 'behind'

/** What the headers say of an entry. */
export interface EntryFacts {
  /** UTF-8. */
  readonly name: Uint8Array
  /** Bytes. */
  readonly size: number
  readonly modified: Date
  readonly executable: boolean
  readonly place: ChecksumPlace
}

/** A written entry, as the directory at the end lists it. */
export interface Written extends EntryFacts {
  /** Of its local header, in bytes from the beginning of the zip. */
  readonly offset: number
  readonly crc: number
}

/** A field with this value means: see the zip64 extra field. */
const IN_ZIP64 = 0xffffffff
const ENTRIES_IN_ZIP64 = 0xffff

/** Names are UTF-8. */
const UTF8_NAMES = 0x0800
/** Checksum and sizes follow the bytes. */
const DESCRIPTOR = 0x0008
const VERSION = 20
const VERSION_ZIP64 = 45
const MADE_ON_UNIX = 3 << 8
/** Regular files that everybody may read and their owner may write; programs may be run too. */
const FILE_MODE = 0o100644
const PROGRAM_MODE = 0o100755

/** Extended timestamp (Info-ZIP, `UT`): seconds since 1970, where the MS-DOS fields have local time in steps of two. */
const TIMESTAMP = 0x5455
const TIMESTAMP_BYTES = 9
const SECONDS_MAX = 2 ** 31 - 1

/** Header fields one after the other, little endian. */
class Fields {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.#view = new DataView(this.bytes.buffer)
  }

  u16(...values: number[]): this {
    for (const value of values) {
      this.#view.setUint16(this.#at, value, true)
      this.#at += 2
    }
    return this
  }

  u32(...values: number[]): this {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true)
      this.#at += 4
    }
    return this
  }

  u64(...values: number[]): this {
    for (const value of values) {
      this.#view.setBigUint64(this.#at, BigInt(value), true)
      this.#at += 8
    }
    return this
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at)
    this.#at += bytes.length
    return this
  }
}

const isLarge = (size: number) => size >= IN_ZIP64

const flagsOf = (place: ChecksumPlace) => UTF8_NAMES | (place === 'behind' ? DESCRIPTOR : 0)

const localExtra = (size: number) => TIMESTAMP_BYTES + (isLarge(size) ? 20 : 0)

/** Bytes of the local header. */
export const localLength = ({ name, size }: Pick<EntryFacts, 'name' | 'size'>): number =>
  30 + name.length + localExtra(size)

/** Bytes of what follows the content. */
export const descriptorLength = ({ place, size }: Pick<EntryFacts, 'place' | 'size'>): number =>
  place === 'before' ? 0 : isLarge(size) ? 24 : 16

function zip64Length(size: number, offset: number): number {
  const values = (isLarge(size) ? 16 : 0) + (isLarge(offset) ? 8 : 0)
  return values > 0 ? 4 + values : 0
}

/** Bytes of the entry in the directory. */
export const centralLength = ({ name, size, offset }: Pick<Written, 'name' | 'size' | 'offset'>): number =>
  46 + name.length + zip64Length(size, offset) + TIMESTAMP_BYTES

const needsZip64 = (count: number, directoryOffset: number, directoryLength: number) =>
  count >= ENTRIES_IN_ZIP64 || isLarge(directoryOffset) || isLarge(directoryLength)

/** Bytes behind the directory. */
export const endLength = (count: number, offset: number, length: number): number =>
  (needsZip64(count, offset, length) ? 76 : 0) + 22

/** Local file header (APPNOTE.TXT, section 4.3.7); `crc` counts only where the checksum is before the bytes. */
export function localHeader(entry: EntryFacts, crc: number): Uint8Array<ArrayBuffer> {
  const { name, size, place, modified } = entry
  const large = isLarge(size)
  const known = place === 'before'
  const shownSize = large ? IN_ZIP64 : known ? size : 0
  const header = new Fields(localLength(entry))
    .u32(0x04034b50)
    .u16(large ? VERSION_ZIP64 : VERSION, flagsOf(place), 0, ...dosTime(modified))
    .u32(known ? crc : 0, shownSize, shownSize)
    .u16(name.length, localExtra(size))
    .raw(name)
  // With this field, the sizes in a descriptor have eight bytes each.
  if (large) header.u16(1, 16).u64(known ? size : 0, known ? size : 0)
  return timestamp(header, modified).bytes
}

/** Data descriptor (section 4.3.9). */
export function descriptor(entry: EntryFacts, crc: number): Uint8Array<ArrayBuffer> {
  const { size } = entry
  const fields = new Fields(descriptorLength(entry)).u32(0x08074b50, crc)
  return (isLarge(size) ? fields.u64(size, size) : fields.u32(size, size)).bytes
}

/** Central directory header (section 4.3.12). */
export function centralHeader(entry: Written): Uint8Array<ArrayBuffer> {
  const { name, size, offset, crc, executable, modified, place } = entry
  const zip64 = zip64Length(size, offset)
  const shownSize = Math.min(size, IN_ZIP64)
  const header = new Fields(centralLength(entry))
    .u32(0x02014b50)
    .u16(VERSION_ZIP64 | MADE_ON_UNIX, zip64 > 0 ? VERSION_ZIP64 : VERSION, flagsOf(place), 0)
    .u16(...dosTime(modified))
    .u32(crc, shownSize, shownSize)
    .u16(name.length, zip64 + TIMESTAMP_BYTES, 0, 0, 0)
    .u32(((executable ? PROGRAM_MODE : FILE_MODE) << 16) >>> 0, Math.min(offset, IN_ZIP64))
    .raw(name)
  if (zip64 > 0) header.u16(1, zip64 - 4)
  if (isLarge(size)) header.u64(size, size)
  if (isLarge(offset)) header.u64(offset)
  return timestamp(header, modified).bytes
}

/** End of central directory, with that of zip64 where it is needed (sections 4.3.14 to 4.3.16). */
export function endOfDirectory(count: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const fields = new Fields(endLength(count, offset, length))
  if (needsZip64(count, offset, length)) {
    fields
      .u32(0x06064b50)
      .u64(44)
      .u16(VERSION_ZIP64 | MADE_ON_UNIX, VERSION_ZIP64)
      .u32(0, 0)
      .u64(count, count, length, offset)
    fields
      .u32(0x07064b50, 0)
      .u64(offset + length)
      .u32(1)
  }
  const shownCount = Math.min(count, ENTRIES_IN_ZIP64)
  return fields
    .u32(0x06054b50)
    .u16(0, 0, shownCount, shownCount)
    .u32(Math.min(length, IN_ZIP64), Math.min(offset, IN_ZIP64))
    .u16(0).bytes
}

/** Only the time of change: the other two are not in metainfo. */
function timestamp(header: Fields, modified: Date): Fields {
  const seconds = Math.min(SECONDS_MAX, Math.max(0, Math.floor(modified.getTime() / 1000)))
  return header.u16(TIMESTAMP, 5).raw(Uint8Array.of(1)).u32(seconds)
}

/** Local time and date in MS-DOS format: steps of two seconds, from 1980 to 2107. */
function dosTime(modified: Date): [number, number] {
  const earliest = new Date(1980, 0, 1)
  const moment = modified < earliest ? earliest : modified
  const time = (moment.getHours() << 11) | (moment.getMinutes() << 5) | (moment.getSeconds() >> 1)
  const year = Math.min(127, moment.getFullYear() - 1980)
  return [time, (year << 9) | ((moment.getMonth() + 1) << 5) | moment.getDate()]
}
