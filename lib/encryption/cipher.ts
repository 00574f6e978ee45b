import { type ContentKeys, NONCE_BYTES } from './keys.ts'

/** Bytes of an AES block, which the counter counts. */
const BLOCK_BYTES = 16

/** The counter of AES-CTR for the block that holds byte `offset` of the content (NIST SP 800-38A): nonce, then 64 bits. */
export function counterAt(nonce: Uint8Array, offset: number): Uint8Array<ArrayBuffer> {
  const counter = new Uint8Array(BLOCK_BYTES)
  counter.set(nonce)
  new DataView(counter.buffer).setBigUint64(NONCE_BYTES, BigInt(Math.floor(offset / BLOCK_BYTES)))
  return counter
}

/**
 * WebCrypto copies what it gets and what it returns. Chromium takes memory for up to 960 KiB from what it has used before, and for
 * more from the system each time: 8 MiB at once cost 3 to 4 CPU seconds a GB, in parts of 512 KiB 1.7.
 */
const PART_BYTES = 512 * 1024

/** One is encrypted while the one before it is copied. */
const PARTS_AT_ONCE = 2

/**
 * Encrypts or decrypts `bytes`, which begin at byte `offset` of the content; for CTR that is the same. Nothing is checked here.
 * The result is written to `into`, which is as long as `bytes` and may be the same; without it, to memory of its own.
 */
export async function xorContent(
  keys: ContentKeys,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
  into?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (into === undefined && bytes.length <= PART_BYTES) return xorPart(keys, offset, bytes)
  const output = into ?? new Uint8Array(bytes.length)
  let next = 0
  const work = async () => {
    while (next < bytes.length) {
      const from = next
      // Only the first part begins within a block, if any does.
      next = Math.min(from + PART_BYTES - ((offset + from) % BLOCK_BYTES), bytes.length)
      output.set(await xorPart(keys, offset + from, bytes.subarray(from, next)), from)
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work))
  return output
}

/** Bytes that begin within a block are copied once more. */
async function xorPart(
  { content, nonce }: ContentKeys,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const skipped = offset % BLOCK_BYTES
  let input = bytes
  if (skipped > 0) {
    input = new Uint8Array(skipped + bytes.length)
    input.set(bytes, skipped)
  }
  const algorithm = { name: 'AES-CTR', counter: counterAt(nonce, offset), length: 64 }
  const output = new Uint8Array(await crypto.subtle.encrypt(algorithm, content, input))
  return skipped > 0 ? output.subarray(skipped) : output
}
