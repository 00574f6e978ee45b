import { AppError } from '../base/errors.ts'
import { decodeIndex } from './content-index.ts'
import { encodeHeader, HEADER_BYTES, type Header, IV_BYTES, readHeader } from './header.ts'
import { type ContentKeys, keyCheckOf } from './keys.ts'
import {
  type EncryptedPlan,
  HASH_BYTES,
  INDEX_LENGTH_BYTES,
  INDEX_MAX_BYTES,
  type PlacedContent,
  placeContent,
} from './plan.ts'

/** What opens a share, or seals a new one: its secret, and the keys that `deriveKeys` made of its root. */
export interface Opening {
  readonly secret: Uint8Array<ArrayBuffer>
  readonly keys: ContentKeys
}

/** What is known of a share that was opened. Lengths in bytes. */
export interface Manifest extends PlacedContent {
  /** Where the content begins. */
  readonly contentStart: number
  /** SHA-256 of every chunk, 32 bytes each, in the order of the files. */
  readonly hashes: Uint8Array<ArrayBuffer>
}

/**
 * The head of a share, its bytes [0, `contentStart`): header and sealed manifest. No two are the same, so it is stored with
 * the share that it was published with. `hashes` has 32 bytes a chunk.
 */
export async function sealHead(
  { chunkCount, contentStart, index }: EncryptedPlan,
  hashes: Uint8Array,
  { keys, secret }: Opening,
): Promise<Uint8Array<ArrayBuffer>> {
  if (hashes.length !== chunkCount * HASH_BYTES) throw new AppError('internal', 'hashes of another content')
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const header = encodeHeader({ contentStart, keyCheck: await keyCheckOf(secret), iv })
  const tagLength = 128
  const plain = new Uint8Array(contentStart - HEADER_BYTES - tagLength / 8)
  new DataView(plain.buffer).setUint32(0, index.length)
  plain.set(index, INDEX_LENGTH_BYTES)
  plain.set(hashes, INDEX_LENGTH_BYTES + index.length)
  const algorithm = { name: 'AES-GCM', iv, additionalData: header, tagLength }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, keys.manifest, plain))
  const head = new Uint8Array(contentStart)
  head.set(header)
  head.set(sealed, HEADER_BYTES)
  return head
}

/** Errors: `key_wrong` when the share was not encrypted with this secret. A wrong password is not noticed here. */
export async function requireKey({ keyCheck }: Header, secret: Uint8Array<ArrayBuffer>): Promise<void> {
  const own = await keyCheckOf(secret)
  if (!own.every((byte, at) => byte === keyCheck[at])) {
    throw new AppError('key_wrong', 'it belongs to another share')
  }
}

/**
 * Opens the head of a share of `outer.length` bytes: its bytes [0, `contentStart`), which its header names.
 * Errors: `key_wrong`; `content_forged` when it is not what the publisher sealed, or lists what cannot be.
 */
export async function openHead(
  head: Uint8Array<ArrayBuffer>,
  { keys, secret }: Opening,
  outer: { readonly length: number; readonly pieceLength: number },
): Promise<Manifest> {
  const header = readHeader(head, outer)
  await requireKey(header, secret)
  const { contentStart, iv } = header
  if (head.length < contentStart) throw new AppError('content_forged', 'the list of files is cut')
  const additionalData = head.subarray(0, HEADER_BYTES)
  const opened = await crypto.subtle
    .decrypt(
      { name: 'AES-GCM', iv, additionalData, tagLength: 128 },
      keys.manifest,
      head.subarray(HEADER_BYTES, contentStart),
    )
    .catch(cause => {
      throw new AppError('content_forged', 'the list of files is not what was published', { cause })
    })
  return readManifest(new Uint8Array(opened), contentStart, outer.length)
}

function readManifest(plain: Uint8Array<ArrayBuffer>, contentStart: number, length: number): Manifest {
  const indexLength = plain.length < INDEX_LENGTH_BYTES ? Number.NaN : new DataView(plain.buffer).getUint32(0)
  const indexEnd = INDEX_LENGTH_BYTES + indexLength
  if (!(indexLength <= INDEX_MAX_BYTES && indexEnd <= plain.length)) {
    throw new AppError('content_forged', 'the list of files is cut')
  }
  const placed = place(plain.subarray(INDEX_LENGTH_BYTES, indexEnd))
  if (!(placed.contentLength <= length - contentStart)) {
    throw new AppError('content_forged', 'the list of files claims more bytes than there are')
  }
  const hashes = plain.slice(indexEnd, indexEnd + placed.chunkCount * HASH_BYTES)
  if (hashes.length !== placed.chunkCount * HASH_BYTES) {
    throw new AppError('content_forged', 'the list of files is cut')
  }
  return { ...placed, contentStart, hashes }
}

function place(index: Uint8Array<ArrayBuffer>): PlacedContent {
  const content = decodeIndex(index)
  try {
    return placeContent(content)
  } catch (cause) {
    throw new AppError('content_forged', 'the list of files claims too many bytes', { cause })
  }
}
