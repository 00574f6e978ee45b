import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Hashed at a time, in about a millisecond: the tracker shares this thread. */
const SLICE_BYTES = 1024 * 1024

/** `bytes` in slices, with other work's turn after each. */
export async function* inTurns(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    yield bytes.subarray(at, at + SLICE_BYTES)
    await nextTurn()
  }
}

/** The hash of `bytes`. */
export async function digestOf(algorithm: 'md5' | 'sha256', bytes: Uint8Array): Promise<Buffer> {
  const hash = createHash(algorithm)
  for await (const slice of inTurns(bytes)) hash.update(slice)
  return hash.digest()
}

/** The entity tag that most storages give to an object that was sent in parts with these MD5s. */
export function etagOfParts(md5s: readonly Uint8Array[]): string {
  return `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${md5s.length}`
}
