import type { Metainfo } from '../torrent/metainfo.ts'
import { deriveKeys } from './keys.ts'
import { openHead } from './manifest.ts'
import { openedMetainfo } from './outer.ts'
import { sealedSource } from './sealed-source.ts'
import { readVerified } from './verified-read.ts'

/** What opens a share: with it, nobody has to be asked for a key, a password or the list of files. */
export interface ShareSeal {
  readonly secret: Uint8Array<ArrayBuffer>
  /** The secret, or what secret and password give together. */
  readonly root: Uint8Array<ArrayBuffer>
  /** Header and manifest, as they were published. */
  readonly head: Uint8Array<ArrayBuffer>
}

/**
 * The share as those see it who have the key: names and files are those inside, and `sealed` turns bytes into each other.
 * Errors: `key_wrong`, `content_forged`, `insecure_context`.
 */
export async function openShare(outside: Metainfo, { head, root, secret }: ShareSeal): Promise<Metainfo> {
  const keys = await deriveKeys(root)
  const manifest = await openHead(head, { keys, secret }, outside)
  const { chunkLength, contentLength, contentStart, description, files, title } = manifest
  const { length } = outside
  const job = { root, head: head.slice(0, contentStart), chunkLength, plainLength: contentLength, length }
  return {
    ...openedMetainfo(outside, manifest),
    sealed: {
      outside,
      title,
      description,
      job,
      seal: plain => sealedSource(job, plain),
      open(index, { start, end }, read) {
        const file = files[index]
        const from = start - (start % chunkLength)
        const to = Math.min(Math.ceil(end / chunkLength) * chunkLength, file?.length ?? 0)
        const place = contentStart + (file?.offset ?? 0)
        const encrypted = inOrder(() => read(place + from, place + Math.max(from, to)))
        const source = { keys, manifest, read: encrypted.read }
        return streamOf(readVerified(source, index, start, end), encrypted.cancel)
      },
    },
  }
}

/** Reads a stream from its beginning in pieces that follow one another. It is opened with the first of them. */
function inOrder(open: () => ReadableStream<Uint8Array<ArrayBuffer>>) {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined
  let rest = new Uint8Array()
  return {
    async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
      reader ??= open().getReader()
      const bytes = new Uint8Array(end - start)
      for (let at = 0; at < bytes.length; ) {
        if (rest.length === 0) {
          const { value, done } = await reader.read()
          if (done) return bytes.subarray(0, at)
          rest = value
        }
        const part = rest.subarray(0, bytes.length - at)
        bytes.set(part, at)
        rest = rest.subarray(part.length)
        at += part.length
      }
      return bytes
    },
    cancel: async () => reader?.cancel(),
  }
}

function streamOf(
  parts: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  cancel: () => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await parts.next().catch(async reason => {
          await cancel().catch(() => undefined)
          throw reason
        })
        if (done) {
          await cancel()
          controller.close()
          return
        }
        // Whoever gets it may transfer it.
        controller.enqueue(value.byteLength === value.buffer.byteLength ? value : value.slice())
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
}
