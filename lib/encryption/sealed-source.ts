import type { ByteSource, SealJob } from '../torrent/metainfo.ts'
import { xorContent } from './cipher.ts'
import { deriveKeys } from './keys.ts'

/**
 * An encrypted share as everybody has it, made of the files inside whenever bytes of it are read: head, encrypted files,
 * encrypted zeros, so that nobody sees where the files end. `plain` has the files one after the other.
 */
export function sealedSource({ head, length, plainLength, root }: SealJob, plain: ByteSource): ByteSource {
  // Only when something is read: without WebCrypto it fails.
  let keys: ReturnType<typeof deriveKeys> | undefined
  /** Bytes [start, end) behind the head. */
  const body = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    keys ??= deriveKeys(root)
    return xorContent(await keys, start, await padded(start, end))
  }
  const padded = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (end <= plainLength) return plain.read(start, end)
    const bytes = new Uint8Array(end - start)
    if (start < plainLength) bytes.set(await plain.read(start, plainLength))
    return bytes
  }
  return {
    size: length,
    async read(start, end) {
      if (end <= head.length) return head.slice(start, end)
      if (start >= head.length) return body(start - head.length, end - head.length)
      const bytes = new Uint8Array(end - start)
      bytes.set(head.subarray(start))
      bytes.set(await body(0, end - head.length), head.length - start)
      return bytes
    },
  }
}
