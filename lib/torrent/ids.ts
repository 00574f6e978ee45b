declare const brand: unique symbol

/** SHA-1 of the bencoded info dictionary (BEP 3), as 40 lower-case hex digits. */
export type InfoHash = string & { readonly [brand]: 'InfoHash' }

/** 20-byte peer id (BEP 3, BEP 20), as 40 lower-case hex digits. */
export type PeerId = string & { readonly [brand]: 'PeerId' }

const HEX_20_BYTES = /^[0-9a-f]{40}$/

/** The info hash in `text` (40 hex digits, any case), or null. */
export function parseInfoHash(text: string): InfoHash | null {
  const lower = text.toLowerCase()
  return HEX_20_BYTES.test(lower) ? (lower as InfoHash) : null
}

/** The info hash for a SHA-1 `digest` of 20 bytes. */
export function infoHashOf(digest: Uint8Array): InfoHash {
  let hex = ''
  for (const byte of digest) hex += byte.toString(16).padStart(2, '0')
  return hex as InfoHash
}
