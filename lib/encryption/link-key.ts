import { AppError } from '../base/errors.ts'

/** Bytes of a share's secret. */
export const SECRET_BYTES = 32

/** Bytes of a password's salt, and of what tells a wrong password from the right one. */
export const SALT_BYTES = 16
export const PASSWORD_CHECK_BYTES = 4

/** How a password becomes a key (Argon2id, RFC 9106), and what it is checked against. */
export interface PasswordLock {
  readonly salt: Uint8Array<ArrayBuffer>
  /** KiB, a power of two. */
  readonly memory: number
  readonly passes: number
  readonly lanes: number
  readonly check: Uint8Array<ArrayBuffer>
}

/** What stands behind the `#` of a link. */
export interface LinkKey {
  readonly secret: Uint8Array<ArrayBuffer>
  /** Null: whoever has the link may read. */
  readonly password: PasswordLock | null
}

/** First byte of the key, which says what follows. */
const PLAIN = 1
const WITH_PASSWORD = 2

const CHECKSUM_BYTES = 4
const PLAIN_BYTES = 1 + SECRET_BYTES + CHECKSUM_BYTES
const WITH_PASSWORD_BYTES = PLAIN_BYTES + SALT_BYTES + 3 + PASSWORD_CHECK_BYTES

/** Most that a link may make a reader's device spend on a password: 256 MiB, 16 passes, 4 lanes. */
const MEMORY_LOG2 = { least: 10, most: 18 }
const PASSES_MAX = 16
const LANES_MAX = 4

/** The key as it stands in a link, without the `#`: 50 characters, or 80 with a password. */
export function formatLinkKey({ password, secret }: LinkKey): string {
  const bytes = new Uint8Array(password ? WITH_PASSWORD_BYTES : PLAIN_BYTES)
  bytes[0] = password ? WITH_PASSWORD : PLAIN
  bytes.set(secret, 1)
  if (password) {
    let at = 1 + SECRET_BYTES
    bytes.set(password.salt, at)
    at += SALT_BYTES
    bytes.set([Math.log2(password.memory), password.passes, password.lanes], at)
    bytes.set(password.check, at + 3)
  }
  const body = bytes.length - CHECKSUM_BYTES
  new DataView(bytes.buffer).setUint32(body, crc32(bytes.subarray(0, body)))
  return toBase64Url(bytes)
}

/**
 * The key in the fragment of a link, with or without its `#`. A cut or mistyped key is noticed at once: CRC-32 finds every
 * change within 32 bits in a row. Errors: `key_missing` (there is nothing), `key_wrong` (detail: why).
 */
export function parseLinkKey(fragment: string): LinkKey {
  const text = fragment.trim().replace(/^#/, '')
  if (text === '') throw new AppError('key_missing')
  const bytes = fromBase64Url(text)
  const [kind] = bytes
  if (kind !== PLAIN && kind !== WITH_PASSWORD)
    throw wrong('it was made by another version of Tabseed, or has an error')
  const length = kind === PLAIN ? PLAIN_BYTES : WITH_PASSWORD_BYTES
  if (bytes.length !== length) throw wrong(bytes.length < length ? 'its end is missing' : 'it is too long')
  const body = length - CHECKSUM_BYTES
  if (new DataView(bytes.buffer).getUint32(body) !== crc32(bytes.subarray(0, body))) {
    throw wrong('a character is wrong')
  }
  const secret = bytes.slice(1, 1 + SECRET_BYTES)
  return { secret, password: kind === PLAIN ? null : readPassword(bytes.slice(1 + SECRET_BYTES, body)) }
}

function readPassword(bytes: Uint8Array<ArrayBuffer>): PasswordLock {
  const [memoryLog2 = 0, passes = 0, lanes = 0] = bytes.subarray(SALT_BYTES)
  const inRange =
    memoryLog2 >= MEMORY_LOG2.least &&
    memoryLog2 <= MEMORY_LOG2.most &&
    passes >= 1 &&
    passes <= PASSES_MAX &&
    lanes >= 1 &&
    lanes <= LANES_MAX
  if (!inRange) throw wrong('its password would take too much of this device')
  return {
    salt: bytes.slice(0, SALT_BYTES),
    memory: 2 ** memoryLog2,
    passes,
    lanes,
    check: bytes.slice(SALT_BYTES + 3),
  }
}

/** CRC-32 (ISO 3309), bit by bit: a key has few bytes. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** The bytes of what `toBase64Url` wrote. Errors: `key_wrong` for any other text. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]+$/.test(text)) throw wrong('it has a character that no key has')
  // One left over has no byte in it.
  if (text.length % 4 === 1) throw wrong('its end is missing')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, character => character.charCodeAt(0))
  // Bits of the last character that belong to no byte are zero.
  if (toBase64Url(bytes) !== text) throw wrong('a character is wrong')
  return bytes
}

const wrong = (why: string): AppError => new AppError('key_wrong', why)
