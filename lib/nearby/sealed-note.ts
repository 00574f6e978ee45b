import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import { hkdf } from '../encryption/keys.ts'
import { fromBase64Url, toBase64Url } from '../encryption/link-key.ts'
import { NOTE_MAX, type Person } from '../protocol/nearby.ts'

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const
/** Random for each note (NIST SP 800-38D, 8.2.2). */
const IV_BYTES = 12
const KEY_BYTES = 32
/** Characters of a title in a note. */
export const TITLE_MAX = 200

const ENCODER = new TextEncoder()

/** What somebody hands over: a share of this server, by the path of its page with its key. */
const handedSchema = z.object({
  kind: z.literal('share'),
  path: z.string().regex(/^\/d\/[0-9a-f]{40}(?:#[\w-]{1,200})?$/),
  title: z.string().max(2 * TITLE_MAX),
})
export type HandedShare = z.infer<typeof handedSchema>

/** What became of it. */
const answerSchema = z.object({ kind: z.literal('answer'), path: z.string().max(300), taken: z.boolean() })

const noteSchema = z.discriminatedUnion('kind', [handedSchema, answerSchema])
export type Note = z.infer<typeof noteSchema>

/** Ids of sender and receiver: a note cannot be sent on to somebody else, or back. */
export interface Way {
  readonly from: string
  readonly to: string
}

/** The keys of a page, for as long as it is seen. Errors: `insecure_context` (over plain http, browsers have no WebCrypto). */
export async function newKeys(): Promise<CryptoKeyPair> {
  if (crypto.subtle === undefined) throw new AppError('insecure_context', 'nothing can be sealed here')
  return crypto.subtle.generateKey(CURVE, false, ['deriveBits'])
}

/** 65 bytes (SEC 1, 2.3.3) in base64url. */
export async function publicKeyOf({ publicKey }: CryptoKeyPair): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)))
}

/**
 * `note` as only `person` can read it: ECDH over P-256, HKDF-SHA-256 (RFC 5869), AES-256-GCM; at most `NOTE_MAX` characters
 * for every note that the schemas allow.
 */
export async function sealNote(note: Note, own: CryptoKeyPair, person: Person, way: Way): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const key = await keyWith(own, person)
  const text = ENCODER.encode(JSON.stringify(note))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: tie(way) }, key, text)
  return toBase64Url(Uint8Array.from([...iv, ...new Uint8Array(sealed)]))
}

/** The note that `person` has sealed; null for anything else. */
export async function openNote(
  sealed: string,
  own: CryptoKeyPair,
  person: Person,
  way: Way,
): Promise<Note | null> {
  if (sealed.length > NOTE_MAX) return null
  try {
    const bytes = fromBase64Url(sealed)
    const iv = bytes.subarray(0, IV_BYTES)
    const cipher = { name: 'AES-GCM', iv, additionalData: tie(way) }
    const text = await crypto.subtle.decrypt(cipher, await keyWith(own, person), bytes.subarray(IV_BYTES))
    return noteSchema.safeParse(JSON.parse(new TextDecoder().decode(text))).data ?? null
  } catch {
    // Sealed for other keys, changed on the way, or no note.
    return null
  }
}

async function keyWith({ privateKey }: CryptoKeyPair, { publicKey }: Person): Promise<CryptoKey> {
  const theirs = await crypto.subtle.importKey('raw', fromBase64Url(publicKey), CURVE, false, [])
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, privateKey, 8 * KEY_BYTES)
  const bytes = await hkdf(new Uint8Array(shared), 'tabseed nearby v1', KEY_BYTES)
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

const tie = ({ from, to }: Way) => ENCODER.encode(`${from} ${to}`)
