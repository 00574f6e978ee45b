import type { FileHandle } from 'node:fs/promises'

/**
 * The part of the ustar format (POSIX.1-2001, pax) that a backup needs: plain files with short names, so that `tar xf` unpacks
 * one without Tabseed.
 */

const BLOCK = 512
/** Ends an archive. */
const END = Buffer.alloc(2 * BLOCK)
/** Larger sizes do not fit into eleven octal digits; they are written in binary, as GNU tar and bsdtar do. */
const OCTAL_MAX = 0o77777777777

const SIZE = { at: 124, length: 12 }
const CHECKSUM = { at: 148, length: 8 }

/** Where the content of a file lies in an archive, in bytes. */
export interface TarEntry {
  readonly path: string
  readonly start: number
  readonly length: number
}

/** An archive that cannot be read on; `truncated` ended too early. */
export class TarError extends Error {
  override readonly name = 'TarError'
  readonly kind: 'truncated' | 'damaged'

  constructor(kind: 'truncated' | 'damaged') {
    super(kind)
    this.kind = kind
  }
}

/** Writes an archive to an empty file. */
export class TarWriter {
  readonly #file: FileHandle
  readonly #seconds: number

  /** `date` is that of all files in it. */
  constructor(file: FileHandle, date: Date) {
    this.#file = file
    this.#seconds = Math.floor(date.getTime() / 1000)
  }

  /** Adds a file whose `content` has exactly `length` bytes. Errors: the file system's own. */
  async add(path: string, length: number, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    await this.#file.write(headerOf(path, length, this.#seconds))
    let written = 0
    for await (const chunk of content) {
      written += chunk.length
      await writeAll(this.#file, chunk)
    }
    if (written !== length) throw new Error(`${path} has ${written} instead of ${length} bytes`)
    await writeAll(this.#file, Buffer.alloc(padding(length)))
  }

  async end(): Promise<void> {
    await writeAll(this.#file, END)
  }
}

/** The entries of an archive, in order. Errors: `TarError`. */
export async function* tarEntries(file: FileHandle): AsyncGenerator<TarEntry> {
  const { size } = await file.stat()
  const header = Buffer.alloc(BLOCK)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(header, 0, BLOCK, at)
    if (bytesRead < BLOCK) throw new TarError('truncated')
    if (header.every(byte => byte === 0)) return
    if (checksumOf(header) !== octal(header, CHECKSUM)) throw new TarError('damaged')
    const start = at + BLOCK
    const length = sizeOf(header)
    if (length === null) throw new TarError('damaged')
    at = start + length + padding(length)
    if (at > size) throw new TarError('truncated')
    yield { path: header.toString('latin1', 0, header.indexOf(0)).slice(0, 100), start, length }
  }
}

const padding = (length: number): number => (BLOCK - (length % BLOCK)) % BLOCK

function headerOf(path: string, length: number, seconds: number): Buffer {
  if (Buffer.byteLength(path) >= 100) throw new TypeError('the path is too long')
  const header = Buffer.alloc(BLOCK)
  const field = (at: number, digits: number, value: number) =>
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  header.write(path, 0)
  field(100, 7, 0o600)
  field(108, 7, 0)
  field(116, 7, 0)
  if (length <= OCTAL_MAX) field(SIZE.at, 11, length)
  else {
    header[SIZE.at] = 0x80
    header.writeBigUInt64BE(BigInt(length), SIZE.at + 4)
  }
  field(136, 11, seconds)
  header.write('0', 156)
  header.write('ustar\x0000', 257, 'latin1')
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM.at, 'latin1')
  return header
}

/** Of all bytes of the header, with spaces in place of the checksum itself. */
function checksumOf(header: Buffer): number {
  const end = CHECKSUM.at + CHECKSUM.length
  return header.reduce((sum, byte, at) => sum + (at >= CHECKSUM.at && at < end ? 0x20 : byte), 0)
}

function sizeOf(header: Buffer): number | null {
  const length = header[SIZE.at] === 0x80 ? Number(header.readBigUInt64BE(SIZE.at + 4)) : octal(header, SIZE)
  return Number.isSafeInteger(length) ? length : null
}

const octal = (header: Buffer, { at, length }: { readonly at: number; readonly length: number }): number => {
  const [digits = ''] = /^[0-7]*/.exec(header.toString('latin1', at, at + length).trimStart()) ?? []
  return digits === '' ? Number.NaN : Number.parseInt(digits, 8)
}

/** A single write may take less than all. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at)
    at += bytesWritten
  }
}
