import { AppError } from '../base/errors.ts'
import { SECRET_BYTES } from './link-key.ts'

/** Bytes of the part of a share's first bytes that tells another key from its own. */
export const KEY_CHECK_BYTES = 16

/** Bytes of the nonce with which the counter of AES-CTR begins. */
export const NONCE_BYTES = 8

const ROOT_BYTES = 32
const AES_KEY_BYTES = 32

/** What HKDF is told, so that no two keys are the same (RFC 5869 section 3.2). */
const INFO = {
  root: 'tabseed/1 root',
  content: 'tabseed/1 content',
  nonce: 'tabseed/1 nonce',
  manifest: 'tabseed/1 manifest',
  keyCheck: 'tabseed/1 key check',
  passwordCheck: 'tabseed/1 password check',
} as const

const utf8 = new TextEncoder()

/** The keys of a share, for WebCrypto. */
export interface ContentKeys {
  /** AES-256-CTR. */
  readonly content: CryptoKey
  /** The first half of the counter. */
  readonly nonce: Uint8Array<ArrayBuffer>
  /** AES-256-GCM. */
  readonly manifest: CryptoKey
}

/** A new share's secret: 256 random bits. */
export function newSecret(): Uint8Array<ArrayBuffer> {
  return requireCrypto().getRandomValues(new Uint8Array(SECRET_BYTES))
}

/**
 * The keys of a share, from its root: the secret, or what secret and password give together (`unlock`).
 * Errors: `insecure_context` (WebCrypto is missing).
 */
export async function deriveKeys(root: Uint8Array<ArrayBuffer>): Promise<ContentKeys> {
  const { subtle } = requireCrypto()
  const { content, manifest, nonce } = await deriveKeyBytes(root)
  const [contentKey, manifestKey] = await Promise.all([
    subtle.importKey('raw', content, 'AES-CTR', false, ['encrypt']),
    subtle.importKey('raw', manifest, 'AES-GCM', false, ['encrypt', 'decrypt']),
  ])
  return { content: contentKey, nonce, manifest: manifestKey }
}

/** The same keys as bytes, for a cipher that is not WebCrypto's. */
export async function deriveKeyBytes(root: Uint8Array<ArrayBuffer>) {
  const [content, nonce, manifest] = await Promise.all([
    hkdf(root, INFO.content, AES_KEY_BYTES),
    hkdf(root, INFO.nonce, NONCE_BYTES),
    hkdf(root, INFO.manifest, AES_KEY_BYTES),
  ])
  return { content, nonce, manifest }
}

/** Stands openly in a share's first bytes, and says nothing of the secret. Of the secret alone, so that a wrong password is not taken for a wrong key. */
export const keyCheckOf = (secret: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  hkdf(secret, INFO.keyCheck, KEY_CHECK_BYTES)

/** The root of a share with a password, from its secret and the password's Argon2id hash. */
export const rootWithPassword = (
  secret: Uint8Array<ArrayBuffer>,
  passwordHash: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> => hkdf(secret, INFO.root, ROOT_BYTES, passwordHash)

/** Stands in the link, where it tells a wrong password from the right one without asking anybody. */
export const passwordCheckOf = (
  root: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> => hkdf(root, INFO.passwordCheck, bytes)

/** HKDF-SHA-256 (RFC 5869). Each `info` is used for one purpose. Errors: `insecure_context`. */
export async function hkdf(
  key: Uint8Array<ArrayBuffer>,
  info: string,
  bytes: number,
  salt: Uint8Array<ArrayBuffer> = new Uint8Array(),
): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = requireCrypto()
  const base = await subtle.importKey('raw', key, 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info: utf8.encode(info) }
  return new Uint8Array(await subtle.deriveBits(algorithm, base, bytes * 8))
}

/** Browsers have WebCrypto in a secure context only: https, or this computer. */
function requireCrypto(): Crypto {
  const { crypto } = globalThis
  if (crypto?.subtle === undefined) throw new AppError('insecure_context', 'this browser cannot decrypt here')
  return crypto
}
