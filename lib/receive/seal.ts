import type { z } from 'zod'
import { AppError } from '../base/errors.ts'
import { hkdf, newSecret } from '../encryption/keys.ts'
import { formatLinkKey, fromBase64Url, parseLinkKey, toBase64Url } from '../encryption/link-key.ts'
import { type Ask, askSchema, type Delivery, deliverySchema } from './delivery.ts'

/** First byte of what is sealed, which says how. */
const VERSION = 1
const IV_BYTES = 12
/** Lengths tell less of names and titles when they are multiples of this, with the rest of JSON's own. */
const STEP_BYTES = 256

const KEY_BYTES = 32
const INFO = 'tabseed/1 inbox'
const SEND_INFO = `${INFO} send`

const utf8 = new TextEncoder()

/** What is behind the `#` of a link to send files with, for a new one. It has the checksum of share links: a cut one is noticed. */
export const newFragment = (): string => formatLinkKey({ secret: newSecret(), password: null })

/**
 * The key that seals and opens what goes through an inbox, from the fragment of its link. Errors: `key_missing`, `key_wrong`,
 * `insecure_context`.
 */
export async function inboxKey(fragment: string): Promise<CryptoKey> {
  const { password, secret } = parseLinkKey(fragment)
  if (password !== null) throw new AppError('key_wrong', 'it is of a share')
  const key = await hkdf(secret, INFO, KEY_BYTES)
  return crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/**
 * What shows the server that a sender has the link, from its fragment: the server stores its hash, and learns nothing from it of the
 * key that seals. Errors: as of `inboxKey`.
 */
export async function sendKeyOf(fragment: string): Promise<string> {
  return toBase64Url(await hkdf(parseLinkKey(fragment).secret, SEND_INFO, KEY_BYTES))
}

export const sealAsk = (key: CryptoKey, ask: Ask): Promise<string> => seal(key, 'ask', ask)

export const sealDelivery = (key: CryptoKey, delivery: Delivery): Promise<string> =>
  seal(key, 'delivery', delivery)

/** What the asker says. Errors: `key_wrong`. */
export async function openAsk(key: CryptoKey, sealed: string): Promise<Ask> {
  const ask = await open(key, 'ask', sealed, askSchema)
  if (ask === null) throw new AppError('key_wrong', 'it belongs to another link')
  return ask
}

/** What a sender says; null where it was not sealed with this key, or says what none may. */
export const openDelivery = (key: CryptoKey, sealed: string): Promise<Delivery | null> =>
  open(key, 'delivery', sealed, deliverySchema)

type Purpose = 'ask' | 'delivery'

/** Neither can be taken for the other. */
const algorithmOf = (iv: Uint8Array<ArrayBuffer>, purpose: Purpose) => ({
  name: 'AES-GCM',
  iv,
  additionalData: utf8.encode(`${INFO} ${purpose}`),
})

async function seal(key: CryptoKey, purpose: Purpose, value: object): Promise<string> {
  const json = utf8.encode(JSON.stringify(value))
  // Spaces behind a value are none of it.
  const plain = new Uint8Array(Math.ceil(json.length / STEP_BYTES) * STEP_BYTES).fill(0x20)
  plain.set(json)
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const text = new Uint8Array(await crypto.subtle.encrypt(algorithmOf(iv, purpose), key, plain))
  const sealed = new Uint8Array(1 + IV_BYTES + text.length)
  sealed[0] = VERSION
  sealed.set(iv, 1)
  sealed.set(text, 1 + IV_BYTES)
  return toBase64Url(sealed)
}

async function open<Value>(
  key: CryptoKey,
  purpose: Purpose,
  sealed: string,
  schema: z.ZodType<Value>,
): Promise<Value | null> {
  try {
    const bytes = fromBase64Url(sealed)
    if (bytes[0] !== VERSION) return null
    const algorithm = algorithmOf(bytes.slice(1, 1 + IV_BYTES), purpose)
    const plain = await crypto.subtle.decrypt(algorithm, key, bytes.slice(1 + IV_BYTES))
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plain)
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
