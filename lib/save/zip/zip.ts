import { AppError } from '../../base/errors.ts'
import { crc32 } from './crc32.ts'
import {
  type ChecksumPlace,
  centralHeader,
  centralLength,
  descriptor,
  descriptorLength,
  type EntryFacts,
  endLength,
  endOfDirectory,
  localHeader,
  localLength,
  type Written,
} from './headers.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A file to put into a zip. */
export interface ZipEntry {
  /** Path inside, with `/`. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly modified: Date
  /** A program. */
  readonly executable: boolean
  /** Called when its turn comes, and once before that for a checksum in front; its stream must have `size` bytes. */
  readonly open: () => Promise<ReadableStream<Bytes>>
}

/** Smaller chunks are joined. */
const GATHER_BYTES = 64 * 1024

/** Files up to this size are read once: their checksum is taken, and written, from memory. */
const IN_MEMORY_BYTES = 4 * 1024 * 1024

const utf8 = new TextEncoder()

function factsOf({ name, size, modified, executable }: ZipEntry, place: ChecksumPlace): EntryFacts {
  return { name: utf8.encode(name), size, modified, executable, place }
}

/** Exact length in bytes of the zip that `writeZip` makes of `entries`. */
export function zipLength(entries: readonly ZipEntry[], place: ChecksumPlace): number {
  let offset = 0
  let directory = 0
  for (const entry of entries) {
    const facts = factsOf(entry, place)
    directory += centralLength({ ...facts, offset })
    offset += localLength(facts) + entry.size + descriptorLength(facts)
  }
  return offset + directory + endLength(entries.length, offset, directory)
}

/**
 * A zip of `entries`, uncompressed, written while it is read; zip64 from 4 GiB or 65,535 entries on (PKWARE APPNOTE.TXT,
 * section 4.5.3). With `place` 'before' every file is read twice, and the zip can be unpacked while it comes through a pipe
 * too (Java, `jar`, busybox); 'behind' is for bytes that are there only once.
 * Errors: `storage_failed` when a stream is not as long as its entry's `size`, and those of `open` and its streams.
 */
export function writeZip(entries: readonly ZipEntry[], place: ChecksumPlace): ReadableStream<Bytes> {
  let reading: ReadableStreamDefaultReader<Bytes> | null = null

  /** The bytes of `entry`, as many as it says. */
  async function* bytesOf({ name, open, size }: ZipEntry) {
    const reader = (await open()).getReader()
    reading = reader
    let length = 0
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length
      yield read.value
    }
    if (length !== size) throw new AppError('storage_failed', `${length} of ${size} bytes of ${name}`)
  }

  async function* parts() {
    const written: Written[] = []
    let at = 0
    for (const entry of entries) {
      const facts = factsOf(entry, place)
      const offset = at
      let crc = 0
      if (place === 'before') {
        const kept: Bytes[] = []
        for await (const chunk of bytesOf(entry)) {
          crc = crc32(chunk, crc)
          if (entry.size <= IN_MEMORY_BYTES) kept.push(chunk)
        }
        yield localHeader(facts, crc)
        yield* entry.size <= IN_MEMORY_BYTES ? kept : bytesOf(entry)
      } else {
        yield localHeader(facts, crc)
        for await (const chunk of bytesOf(entry)) {
          crc = crc32(chunk, crc)
          yield chunk
        }
        yield descriptor(facts, crc)
      }
      at += localLength(facts) + entry.size + descriptorLength(facts)
      written.push({ ...facts, offset, crc })
    }
    let directory = 0
    for (const entry of written) {
      const header = centralHeader(entry)
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

/** Joins small chunks: each chunk costs a message to the service worker, and a small file has three. */
async function* gather(parts: AsyncIterable<Bytes>) {
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
