import type { ByteSource, SealJob } from '../torrent/metainfo.ts'
import { xorContent } from './cipher.ts'
import { deriveKeys } from './keys.ts'

/** Bytes of an encrypted share; those of one call are written to `into` where it has one, which is as long as they are. */
interface SealedSource extends ByteSource {
  read(start: number, end: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>
}

/**
 * An encrypted share as everybody has it, made of the files inside whenever bytes of it are read: head, encrypted files,
 * encrypted zeros, so that nobody sees where the files end. `plain` has the files one after the other.
 */
export function sealedSource({ head, length, plainLength, root }: SealJob, plain: ByteSource): SealedSource {
  // Only when something is read: without WebCrypto it fails.
  let keys: ReturnType<typeof deriveKeys> | undefined
  /** Bytes [start, end) behind the head. */
  const body: SealedSource['read'] = async (start, end, into) => {
    keys ??= deriveKeys(root)
    return xorContent(await keys, start, await padded(start, end), into)
  }
  const padded = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (end <= plainLength) return plain.read(start, end)
    const bytes = new Uint8Array(end - start)
    if (start < plainLength) bytes.set(await plain.read(start, plainLength))
    return bytes
  }
  return {
    size: length,
    async read(start, end, into) {
      if (start >= head.length) return body(start - head.length, end - head.length, into)
      const bytes = into ?? new Uint8Array(end - start)
      const ofHead = head.subarray(start, end)
      bytes.set(ofHead)
      if (end > head.length) await body(0, end - head.length, bytes.subarray(ofHead.length))
      return bytes
    },
  }
}
