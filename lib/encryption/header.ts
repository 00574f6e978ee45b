import { AppError } from '../base/errors.ts'
import { KEY_CHECK_BYTES } from './keys.ts'

/** `TABSEED` and the version of the format. */
const MAGIC = Uint8Array.of(0x54, 0x41, 0x42, 0x53, 0x45, 0x45, 0x44, 1)

/** Bytes of the nonce of AES-GCM. */
export const IV_BYTES = 12

/** First bytes of an encrypted share, which everybody can read: magic, where the content begins, key check, nonce of the manifest. */
export const HEADER_BYTES = MAGIC.length + 8 + KEY_CHECK_BYTES + IV_BYTES

/** Most that header and manifest take, rounded up to a piece; bytes. */
const CONTENT_START_MAX = 64 * 1024 * 1024

export interface Header {
  /** Header and manifest are the bytes before this one. */
  readonly contentStart: number
  readonly keyCheck: Uint8Array<ArrayBuffer>
  readonly iv: Uint8Array<ArrayBuffer>
}

export function encodeHeader({ contentStart, iv, keyCheck }: Header): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES)
  bytes.set(MAGIC)
  new DataView(bytes.buffer).setBigUint64(MAGIC.length, BigInt(contentStart))
  bytes.set(keyCheck, MAGIC.length + 8)
  bytes.set(iv, MAGIC.length + 8 + KEY_CHECK_BYTES)
  return bytes
}

/**
 * The header in the first bytes (`HEADER_BYTES` or more) of a share of `length` bytes.
 * Errors: `content_forged` (it is none, or contradicts the share).
 */
export function readHeader(
  bytes: Uint8Array<ArrayBuffer>,
  { length, pieceLength }: { readonly length: number; readonly pieceLength: number },
): Header {
  if (bytes.length < HEADER_BYTES) throw new AppError('content_forged', 'it is too short')
  if (!MAGIC.every((byte, at) => byte === bytes[at])) {
    throw new AppError('content_forged', 'it is not encrypted by Tabseed, or by a newer version')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  const contentStart = Number(view.getBigUint64(MAGIC.length))
  const fits =
    contentStart > HEADER_BYTES &&
    contentStart <= Math.min(length, CONTENT_START_MAX) &&
    contentStart % pieceLength === 0
  if (!fits) throw new AppError('content_forged', 'its list of files has an impossible size')
  const at = MAGIC.length + 8
  return {
    contentStart,
    keyCheck: bytes.slice(at, at + KEY_CHECK_BYTES),
    iv: bytes.slice(at + KEY_CHECK_BYTES, HEADER_BYTES),
  }
}
