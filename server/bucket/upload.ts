import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type PackedFile, PackedFiles } from '../shares/metainfo/packed-metainfo.ts'
import type { HostedShare } from '../web-seeds/hosted-shares.ts'
import { digestOf, etagOfParts } from './digests.ts'
import { headersOf, keyOf, partBytesOf, prefixOf } from './keys.ts'
import { Lanes } from './lanes.ts'
import type { Objects, OpenUpload, StoredObject } from './objects.ts'
import { PieceStream } from './piece-stream.ts'

/** Requests at a time, each with one part in memory. */
const LANES = 4

interface UploadOptions {
  readonly objects: Objects
  readonly share: HostedShare
  readonly signal: AbortSignal
  /** Called before a multipart upload of the file at this index may be open, and with null for none. */
  readonly onOpen: (file: number | null) => Promise<void>
  /** Called when the bucket has taken so many bytes. */
  readonly onSent: (bytes: number) => void
}

/** What the share has in the bucket when all of it is there. */
interface Uploaded {
  readonly objects: number
  readonly bytes: number
}

/** The share is not here (any more), or cannot be in a bucket. */
export class NotUploadableError extends Error {
  override readonly name = 'NotUploadableError'
}

/**
 * Brings all files of a share into the bucket, in one pass over its content. Each byte is hashed in the same memory that is sent, and
 * sent with its SHA-256: when this resolves, the bucket has what the piece hashes of the share say. What an earlier, interrupted pass
 * has sent is not sent again if its entity tag is that of the same bytes. Errors: `BucketError`, `DamagedPieceError`,
 * `NotUploadableError`, those of the disk, the reason of the signal.
 */
export async function uploadShare(options: UploadOptions): Promise<Uploaded> {
  const pass = new UploadPass(options)
  try {
    return await pass.run()
  } finally {
    await pass.settled()
  }
}

class UploadPass {
  readonly #options: UploadOptions
  readonly #pieces: PieceStream
  readonly #lanes = new Lanes(LANES)
  readonly #stored = new Map<string, StoredObject>()

  constructor(options: UploadOptions) {
    this.#options = options
    this.#pieces = new PieceStream(options.share.metainfo)
  }

  async run(): Promise<Uploaded> {
    const { objects, onOpen, share, signal } = this.#options
    const { infoHash } = share.metainfo
    for await (const object of objects.list(prefixOf(infoHash), signal)) this.#stored.set(object.key, object)
    const files = [...new PackedFiles(share.metainfo)].filter(({ length }) => length > 0)
    const real = files.filter(({ padding }) => !padding)
    if (real.some(({ length }) => partBytesOf(length) === null))
      throw new NotUploadableError('a file of it is too large')
    await onOpen(null)
    for (const file of files) {
      if (file.padding) await this.#pieces.addZeros(file.length)
      else await this.#file(file)
    }
    await this.#lanes.done()
    return { objects: real.length, bytes: real.reduce((sum, { length }) => sum + length, 0) }
  }

  /** Resolves when nothing is being sent any more. */
  settled(): Promise<void> {
    return this.#lanes.settled()
  }

  async #file(file: PackedFile): Promise<void> {
    const location = this.#options.share.file(file.index)
    if (location === null) throw new NotUploadableError('a file of it is not here')
    const handle = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const partBytes = partBytesOf(file.length) ?? file.length
      if (file.length <= partBytes) await this.#whole(file, await this.#read(handle, 0, file.length))
      else await this.#inParts(file, handle, partBytes)
    } finally {
      await handle.close()
    }
  }

  /** A file that is one request. */
  async #whole(file: PackedFile, bytes: Uint8Array): Promise<void> {
    const { objects, onSent, share, signal } = this.#options
    const key = keyOf(share.metainfo.infoHash, file.index)
    if (await isSame(this.#stored.get(key), bytes)) return
    await this.#lanes.add(async () => {
      await objects.put(key, bytes, headersOf(file.name), signal)
      onSent(bytes.length)
    })
  }

  async #inParts(file: PackedFile, handle: FileHandle, partBytes: number): Promise<void> {
    const { objects, onOpen, onSent, share, signal } = this.#options
    const key = keyOf(share.metainfo.infoHash, file.index)
    const there = this.#stored.get(key)
    if (there?.size === file.length) {
      const md5s: Buffer[] = []
      await this.#eachPart(file, handle, partBytes, async bytes => {
        md5s.push(await digestOf('md5', bytes))
      })
      if (etagOfParts(md5s) === there.etag) return
      // These bytes have been hashed as pieces already: the next pass sends them.
      await objects.remove(key, signal)
      throw new NotUploadableError('what the bucket had of it was not the same, and is sent anew')
    }
    await onOpen(file.index)
    const upload = await this.#openUpload(key, file)
    const known = await objects.partsOf(upload, signal)
    const etags: string[] = []
    await this.#eachPart(file, handle, partBytes, async (bytes, index) => {
      const part = known.get(index + 1)
      if (part && (await isSame(part, bytes))) {
        etags[index] = part.etag
        return
      }
      await this.#lanes.add(async () => {
        etags[index] = await objects.putPart(upload, index + 1, bytes, signal)
        onSent(bytes.length)
      })
    })
    await this.#lanes.done()
    await objects.completeUpload(upload, etags, signal)
    await onOpen(null)
  }

  /** The latest upload of an earlier pass, or a new one; all others are aborted. */
  async #openUpload(key: string, file: PackedFile): Promise<OpenUpload> {
    const { objects, signal } = this.#options
    const open = (await objects.openUploads(key, signal)).filter(upload => upload.key === key)
    const latest = open.pop()
    for (const upload of open) await objects.abortUpload(upload, signal)
    return latest ?? objects.startUpload(key, headersOf(file.name), signal)
  }

  async #eachPart(
    { length }: PackedFile,
    handle: FileHandle,
    partBytes: number,
    use: (bytes: Uint8Array, index: number) => Promise<void>,
  ): Promise<void> {
    for (let at = 0, index = 0; at < length; at += partBytes, index++)
      await use(await this.#read(handle, at, Math.min(partBytes, length - at)), index)
  }

  /** The next bytes of the content, hashed. */
  async #read(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
    this.#options.signal.throwIfAborted()
    const bytes = Buffer.allocUnsafeSlow(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, length - done, at + done)
      if (bytesRead === 0) throw new NotUploadableError('a file of it became shorter')
      done += bytesRead
    }
    await this.#pieces.add(bytes)
    return bytes
  }
}

/** Whether the bucket has these bytes, as far as its entity tags are MD5s; if not, they are sent again. */
async function isSame(stored: Pick<StoredObject, 'size' | 'etag'> | undefined, bytes: Uint8Array) {
  return stored?.size === bytes.length && (await digestOf('md5', bytes)).toString('hex') === stored.etag
}
