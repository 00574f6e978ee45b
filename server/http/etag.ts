import { createHash } from 'node:crypto'

/** An entity tag (RFC 9110 section 8.8.3) of what `body` is. */
export function etagOf(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
}

/** Entity tags of a list (RFC 9110 section 8.8.3); `*` stands for whatever is there. */
export function tagsIn(list: string, current: string): readonly string[] {
  if (list.trim() === '*') return [current]
  return list.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []
}

/** Whether `If-None-Match` names `etag`, weakly (13.1.2): a proxy that compresses made a weak tag of it. */
export function matchesWeakly(list: string, etag: string): boolean {
  return tagsIn(list, etag).some(tag => tag.replace(/^W\//, '') === etag)
}
