import { createHash } from 'node:crypto'

/** An entity tag (RFC 9110 section 8.8.3): a digest of `body`. */
export function etagOf(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
}

/** Entity tags of a list (RFC 9110 section 8.8.3); `*` matches the current one. */
export function tagsIn(list: string, current: string): readonly string[] {
  if (list.trim() === '*') return [current]
  return list.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []
}

/** The entity tag of the same content in another coding: other bytes need another strong tag (8.8.3.3). */
export const encodedTag = (etag: string, encoding: string): string => etag.replace(/"$/, `-${encoding}"`)

/**
 * The tag of an `If-None-Match` that names `etag` in any coding, or undefined. Compared weakly (13.1.2): a proxy that
 * compresses turns it into a weak tag.
 */
export function knownTag(list: string, etag: string): string | undefined {
  const strong = (tag: string) => tag.replace(/^W\//, '').replace(/-(?:br|gzip)"$/, '"')
  return tagsIn(list, etag).find(tag => strong(tag) === etag)
}

export const matchesWeakly = (list: string, etag: string): boolean => knownTag(list, etag) !== undefined
