import { z } from 'zod'

/** Names are numbers that each page says in its own language: a colour and an animal. */
export const COLOURS = 8
export const ANIMALS = 16
/** Bytes in base64url of a sealed note: a link with its key, a title and an answer fit. */
export const NOTE_MAX = 4_096

const base64url = /^[\w-]+$/

/** Says who somebody is to the server; the others see `id`, which is computed from it. */
const token = z.string().regex(base64url).min(22).max(64)
const id = z.string().regex(/^[0-9a-f]{32}$/)
const code = z.string().regex(/^[0-9]{6}$/)
const name = z
  .int()
  .min(0)
  .max(COLOURS * ANIMALS - 1)
/** ECDH over P-256, uncompressed (SEC 1, 2.3.3): 65 bytes. */
const publicKey = z.string().regex(base64url).length(87)
const sealed = z.string().regex(base64url).min(1).max(NOTE_MAX)

/** `POST /api/nearby`: here I am. `code`: also see who has entered that code; `new`: make one. */
export const hereSchema = z.strictObject({
  token,
  name,
  publicKey,
  code: z.union([code, z.literal('new')]).nullable(),
})
export type Here = z.infer<typeof hereSchema>

/** `POST /api/nearby/notes`: something for somebody, which the server cannot read. */
export const noteSchema = z.strictObject({ token, to: id, sealed })

/** `POST /api/nearby/leave`. */
export const leaveSchema = z.strictObject({ token })

const personSchema = z.object({ id, name, publicKey })
export type Person = z.infer<typeof personSchema>

/** Answer to `POST /api/nearby`: who else is there, and the notes of the last minute, each with who sent it. */
export const nearbySchema = z.object({
  me: id,
  code: code.nullable(),
  people: z.array(personSchema),
  notes: z.array(z.object({ id: z.string(), from: personSchema, sealed })),
})
export type NearbyAnswer = z.infer<typeof nearbySchema>
