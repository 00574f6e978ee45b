import { AppError } from '../base/errors.ts'
import { xorContent } from './cipher.ts'
import type { ContentKeys } from './keys.ts'
import type { Manifest } from './manifest.ts'
import { chunksOf, HASH_BYTES } from './plan.ts'

/** Where verified bytes come from. */
export interface CipherSource {
  readonly manifest: Manifest
  readonly keys: ContentKeys
  /** Bytes [start, end) of the share as everybody has it. */
  readonly read: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>
}

/**
 * Bytes [start, end) of file `index` of the manifest, decrypted, a chunk (1 to 16 MiB) at a time. A chunk is compared with its
 * SHA-256 before anything of it is handed out, so its whole ciphertext is read. Errors: `content_forged` (detail: the file), `bad_request`, those
 * of `read`.
 */
export async function* readVerified(
  { keys, manifest, read }: CipherSource,
  index: number,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const file = manifest.files[index]
  if (!file || start < 0 || end > file.length) throw new AppError('bad_request', `bytes ${start}-${end}`)
  const { chunkLength, contentStart } = manifest
  const chunks = chunksOf(file, chunkLength, start, end)
  for (let chunk = chunks.first; chunk < chunks.end; chunk++) {
    const from = (chunk - file.firstChunk) * chunkLength
    const to = Math.min(from + chunkLength, file.length)
    const cipher = await read(contentStart + file.offset + from, contentStart + file.offset + to)
    const plain = await xorContent(keys, file.offset + from, cipher)
    if (plain.length !== to - from || !(await isRightChunk(manifest, chunk, plain))) {
      throw new AppError('content_forged', file.path.join('/'))
    }
    yield plain.subarray(Math.max(start - from, 0), Math.min(end, to) - from)
  }
}

/** Whether `plain`, all bytes of a chunk, are those that were published. */
async function isRightChunk(
  { hashes }: Pick<Manifest, 'hashes'>,
  chunk: number,
  plain: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const digest = await hashChunk(plain)
  const expected = hashes.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES)
  return expected.length === HASH_BYTES && digest.every((byte, at) => byte === expected[at])
}

/** SHA-256 of a chunk's bytes. */
export async function hashChunk(plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', plain))
}
