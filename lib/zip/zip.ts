import { AppError } from '../base/errors.ts'
import { crc32 } from '../save/zip/crc32.ts'

/** A file to put into a zip. */
export interface ZipEntry {
  /** Path inside, with `/`. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Called when its turn comes; must give `size` bytes. */
  readonly open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>
}

/** A field with this value says that the true one stands in the zip64 extra field. */
const IN_ZIP64 = 0xffffffff
const ENTRIES_IN_ZIP64 = 0xffff

/** Names are UTF-8; checksum and sizes follow the bytes, because the zip is written in one go. */
const FLAGS = 0x0808
const VERSION = 20
const VERSION_ZIP64 = 45
const MADE_ON_UNIX = 3 << 8
/** A plain file that its owner may write and everybody may read. */
const UNIX_MODE = 0o100644

/** Smaller chunks are joined. */
const GATHER_BYTES = 64 * 1024

const utf8 = new TextEncoder()

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

/** A written entry, as the directory at the end lists it. */
interface Written {
  readonly name: Uint8Array
  readonly size: number
  readonly offset: number
  readonly crc: number
}

const isLarge = (size: number) => size >= IN_ZIP64
const localLength = (name: Uint8Array, size: number) => 30 + name.length + (isLarge(size) ? 20 : 0)
const descriptorLength = (size: number) => (isLarge(size) ? 24 : 16)
const centralExtra = (size: number, offset: number) => (isLarge(size) ? 16 : 0) + (isLarge(offset) ? 8 : 0)

function centralLength({ name, size, offset }: Omit<Written, 'crc'>): number {
  const extra = centralExtra(size, offset)
  return 46 + name.length + (extra > 0 ? 4 + extra : 0)
}

const needsZip64 = (count: number, directoryOffset: number, directoryLength: number) =>
  count >= ENTRIES_IN_ZIP64 || isLarge(directoryOffset) || isLarge(directoryLength)

/** Exact length in bytes of the zip that `writeZip` makes of `entries`. */
export function zipLength(entries: readonly ZipEntry[]): number {
  let offset = 0
  let directory = 0
  for (const { name: text, size } of entries) {
    const name = utf8.encode(text)
    directory += centralLength({ name, size, offset })
    offset += localLength(name, size) + size + descriptorLength(size)
  }
  return offset + directory + (needsZip64(entries.length, offset, directory) ? 76 : 0) + 22
}

/**
 * A zip of `entries`, stored as they are, made while it is read; zip64 from 4 GiB or 65,535 entries on. `modified` is
 * the time every file gets. Fails with what `open` or its stream fails with, `storage_failed` when one is not as long
 * as it said.
 */
export function writeZip(
  entries: readonly ZipEntry[],
  modified: Date,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reading: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null = null
  const [time, date] = dosTime(modified)

  async function* parts() {
    const written: Written[] = []
    let at = 0
    for (const { name: text, size, open } of entries) {
      const name = utf8.encode(text)
      const offset = at
      yield localHeader(name, size, time, date)
      reading = (await open()).getReader()
      let crc = 0
      let length = 0
      for (let read = await reading.read(); !read.done; read = await reading.read()) {
        crc = crc32(read.value, crc)
        length += read.value.length
        yield read.value
      }
      if (length !== size) throw new AppError('storage_failed', `${length} of ${size} bytes of ${text}`)
      yield descriptor(crc, size)
      at += localLength(name, size) + size + descriptorLength(size)
      written.push({ name, size, offset, crc })
    }
    let directory = 0
    for (const entry of written) {
      const header = centralHeader(entry, time, date)
      directory += header.length
      yield header
    }
    yield endOfDirectory(written.length, at, directory)
  }

  const source = gather(parts())
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await source.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        // A read may wait for bytes that never come; the generator itself cannot be interrupted.
        await reading?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** The same bytes without tiny chunks: each one costs a message to the service worker, and small files have three. */
async function* gather(parts: AsyncIterable<Uint8Array<ArrayBuffer>>) {
  let gathered = new Uint8Array(GATHER_BYTES)
  let length = 0
  for await (const part of parts) {
    if (length > 0 && length + part.length > GATHER_BYTES) {
      yield gathered.subarray(0, length)
      gathered = new Uint8Array(GATHER_BYTES)
      length = 0
    }
    if (part.length > GATHER_BYTES) {
      yield part
    } else {
      gathered.set(part, length)
      length += part.length
    }
  }
  yield gathered.subarray(0, length)
}

function localHeader(name: Uint8Array, size: number, time: number, date: number) {
  const large = isLarge(size)
  const header = new Fields(localLength(name, size))
    .u32(0x04034b50)
    .u16(large ? VERSION_ZIP64 : VERSION, FLAGS, 0, time, date)
    .u32(0, large ? IN_ZIP64 : 0, large ? IN_ZIP64 : 0)
    .u16(name.length, large ? 20 : 0)
    .raw(name)
  // Its presence says that the sizes after the bytes have eight bytes each.
  if (large) header.u16(1, 16).u64(0, 0)
  return header.bytes
}

function descriptor(crc: number, size: number) {
  const fields = new Fields(descriptorLength(size)).u32(0x08074b50, crc)
  return (isLarge(size) ? fields.u64(size, size) : fields.u32(size, size)).bytes
}

function centralHeader(entry: Written, time: number, date: number) {
  const { name, size, offset, crc } = entry
  const extra = centralExtra(size, offset)
  const shownSize = Math.min(size, IN_ZIP64)
  const header = new Fields(centralLength(entry))
    .u32(0x02014b50)
    .u16(VERSION_ZIP64 | MADE_ON_UNIX, extra > 0 ? VERSION_ZIP64 : VERSION, FLAGS, 0, time, date)
    .u32(crc, shownSize, shownSize)
    .u16(name.length, extra > 0 ? 4 + extra : 0, 0, 0, 0)
    .u32((UNIX_MODE << 16) >>> 0, Math.min(offset, IN_ZIP64))
    .raw(name)
  if (extra > 0) header.u16(1, extra)
  if (isLarge(size)) header.u64(size, size)
  if (isLarge(offset)) header.u64(offset)
  return header.bytes
}

function endOfDirectory(count: number, offset: number, length: number) {
  const zip64 = needsZip64(count, offset, length)
  const fields = new Fields((zip64 ? 76 : 0) + 22)
  if (zip64) {
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

/** Local time and date as MS-DOS kept them: two-second steps from 1980 on. */
function dosTime(moment: Date): readonly [number, number] {
  const time = (moment.getHours() << 11) | (moment.getMinutes() << 5) | (moment.getSeconds() >> 1)
  const year = Math.max(0, moment.getFullYear() - 1980)
  return [time, (year << 9) | ((moment.getMonth() + 1) << 5) | moment.getDate()]
}
