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
 * Encrypts or decrypts `bytes`, which begin at byte `offset` of the content; for CTR that is the same. Nothing is checked here.
 * Of an offset that is no multiple of 16 the bytes are copied once more.
 */
export async function xorContent(
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
