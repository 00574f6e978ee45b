import { z } from 'zod'
import { TITLE_MAX } from '../protocol/share-values.ts'
import { FILES_MAX } from '../torrent/layout.ts'

/** Longest name of a sender, and longest title of what is asked for, in UTF-16 units. */
export const SENDER_NAME_MAX = 80
export const ASK_TITLE_MAX = 100

/** What a sender says of what was sent, sealed for whoever asked. From anybody who has the link: it is shown as text only. */
export const deliverySchema = z.object({
  /** Of the sender; empty if it was left out. */
  name: z.string().max(SENDER_NAME_MAX),
  /** Of the share. */
  title: z.string().max(TITLE_MAX),
  /** An encrypted share of this server, without a password: no address of anything else can stand here. */
  infoHash: z.string().regex(/^[0-9a-f]{40}$/),
  /** Its key, as it stands in a link. */
  key: z.string().regex(/^[\w-]{50}$/),
  files: z.int().positive().max(FILES_MAX),
  /** Bytes of all files, as the sender says. */
  length: z.int().positive().max(Number.MAX_SAFE_INTEGER),
})
export type Delivery = z.infer<typeof deliverySchema>

/** What whoever opens the link is told. */
export const askSchema = z.object({ title: z.string().max(ASK_TITLE_MAX) })
export type Ask = z.infer<typeof askSchema>

/** `text` with at most `most` UTF-16 units, and no half of a character. */
export function shortened(text: string, most: number): string {
  const trimmed = text.trim()
  if (trimmed.length <= most) return trimmed
  return `${trimmed.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** A delivery with texts that fit. */
export const deliveryOf = ({ name, title, ...rest }: Delivery): Delivery => ({
  ...rest,
  name: shortened(name, SENDER_NAME_MAX),
  title: shortened(title, TITLE_MAX),
})
