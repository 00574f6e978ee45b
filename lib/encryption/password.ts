import { AppError } from '../base/errors.ts'
import { passwordCheckOf, rootWithPassword } from './keys.ts'
import { type LinkKey, PASSWORD_CHECK_BYTES, type PasswordLock, SALT_BYTES } from './link-key.ts'

/**
 * What a new password costs whoever tries one: 64 MiB and four passes, 0.6 to 0.9 s on a core of 2020. RFC 9106 has three
 * passes for this memory; WebAssembly is single-threaded, so there is one lane.
 */
const COST = { memory: 64 * 1024, passes: 4, lanes: 1 }

const HASH_BYTES = 32

/** A share that opens with link and password only. `root` is what its keys are derived from. */
export interface Locked {
  readonly key: LinkKey
  readonly root: Uint8Array<ArrayBuffer>
}

/** Give a share a password. It takes the thread most of a second. Errors: `password_wrong` (it is empty). */
export async function lock(secret: Uint8Array<ArrayBuffer>, password: string): Promise<Locked> {
  if (password === '') throw new AppError('password_wrong', 'it is empty')
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const root = await rootOf(secret, password, { ...COST, salt })
  const check = await passwordCheckOf(root, PASSWORD_CHECK_BYTES)
  return { key: { secret, password: { ...COST, salt, check } }, root }
}

/**
 * What a share's keys are derived from. Of a key with a password it takes the thread most of a second, and asks nobody.
 * Errors: `password_wrong` (also when there is none, and the key asks for one).
 */
export async function unlock(
  { password: lock, secret }: LinkKey,
  password: string | null,
): Promise<Uint8Array<ArrayBuffer>> {
  if (lock === null) return secret
  if (password === null || password === '') throw new AppError('password_wrong', 'this share has one')
  const root = await rootOf(secret, password, lock)
  const check = await passwordCheckOf(root, PASSWORD_CHECK_BYTES)
  if (!check.every((byte, at) => byte === lock.check[at])) throw new AppError('password_wrong')
  return root
}

const rootOf = async (
  secret: Uint8Array<ArrayBuffer>,
  password: string,
  lock: Omit<PasswordLock, 'check'>,
): Promise<Uint8Array<ArrayBuffer>> => rootWithPassword(secret, await argon2id(password, lock))

/** Argon2id of a password (RFC 9106), 32 bytes. */
export async function argon2id(
  password: string,
  { lanes, memory, passes, salt }: Omit<PasswordLock, 'check'>,
): Promise<Uint8Array<ArrayBuffer>> {
  // Its WebAssembly is loaded with the first password, not before.
  const { default: hashes } = await import('hash-wasm/dist/argon2.umd.min.js')
  const hash = await hashes.argon2id({
    // Keyboards write the same letter in different ways (RFC 8265 section 4.2).
    password: new TextEncoder().encode(password.normalize('NFC')),
    salt,
    memorySize: memory,
    iterations: passes,
    parallelism: lanes,
    hashLength: HASH_BYTES,
    outputType: 'binary',
  })
  return new Uint8Array(hash)
}
