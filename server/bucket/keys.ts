import { mediaOf } from '../../lib/play/media.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import { saveName } from '../../lib/torrent/paths.ts'
import { attachment } from '../http/reply.ts'
import type { ObjectHeaders } from './objects.ts'

const MIB = 1024 * 1024

/** A smaller file is one request. Storages take parts of 5 MiB or more. */
const PART_BYTES = 8 * MIB
/** Parts are in memory while they are sent. */
const PART_MAX_BYTES = 64 * MIB
/** Storages take no more parts. */
const PARTS_MAX = 10_000

/** What all objects of a share begin with. */
export const prefixOf = (infoHash: InfoHash): string => `${infoHash}/`

/** The object of the file at `index` (metainfo order). */
export const keyOf = (infoHash: InfoHash, index: number): string => `${prefixOf(infoHash)}${index}`

/** The share that an object belongs to; null: it is not ours. */
export function shareOfKey(key: string): InfoHash | null {
  const [, hash = ''] = /^([0-9a-f]{40})\/\d+$/.exec(key) ?? []
  return parseInfoHash(hash)
}

/**
 * Bytes of each part of a file but the last; null when the file is too large. Always the same for one length: an upload goes on with the
 * parts of an earlier one.
 */
export function partBytesOf(length: number): number | null {
  const bytes = Math.max(PART_BYTES, Math.ceil(length / PARTS_MAX / MIB) * MIB)
  return bytes > PART_MAX_BYTES ? null : bytes
}

/** As `/w/` has them: a file is saved and never shown as a page, and a share never changes. */
export function headersOf(fileName: string): ObjectHeaders {
  const name = saveName(fileName)
  return {
    type: mediaOf(name)?.type ?? 'application/octet-stream',
    disposition: attachment(name),
    cacheControl: 'public, max-age=31536000, immutable, no-transform',
  }
}
