import { createHash } from 'node:crypto'
import { decode } from '../../../lib/torrent/bencode.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'

/**
 * Names the bytes of a share without its names: SHA-256 over piece length, length and piece hashes, 64 hex digits. It is the
 * same under another info hash, as with another `source`, name, comment, or division into files; another piece length
 * gives another one.
 */
export function contentDigest({
  length,
  pieceLength,
  pieces,
}: Pick<Metainfo, 'length' | 'pieceLength'> & { readonly pieces: Uint8Array }): string {
  return createHash('sha256').update(`${pieceLength} ${length} `).update(pieces).digest('hex')
}

/** The same from the bytes of an info dictionary that was checked before; `length` is that of all files. Null: it is none. */
export function digestOfInfo(infoBytes: Uint8Array, length: number): string | null {
  try {
    const { value } = decode(infoBytes)
    if (!(value instanceof Map)) return null
    const [pieceLength, pieces] = [value.get('piece length'), value.get('pieces')]
    if (typeof pieceLength !== 'number' || !(pieces instanceof Uint8Array)) return null
    return contentDigest({ length, pieceLength, pieces })
  } catch {
    return null
  }
}
