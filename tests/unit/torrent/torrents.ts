import { createHash } from 'node:crypto'
import { AppError } from '../../../lib/base/errors.ts'
import { type Encodable, encode } from '../../../lib/torrent/bencode.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'

/** Piece length of the torrents here, in bytes. */
export const PIECE = 16 * 1024

export type Fields = Record<string, Encodable | undefined>

/** A dictionary of the fields that are not undefined. */
export const dictionary = (fields: Fields) =>
  new Map(Object.entries(fields).filter((entry): entry is [string, Encodable] => entry[1] !== undefined))

const SINGLE: Fields = { length: 5, name: 'a.txt', 'piece length': PIECE, pieces: new Uint8Array(20) }
export const file = (path: Encodable, length: Encodable = 1, more: Fields = {}) =>
  dictionary({ length, path, ...more })

/** A `.torrent` of one small file, with `info` fields and top-level fields replaced; undefined removes one. */
export const torrentOf = (info: Fields, top: Fields = {}) =>
  encode(dictionary({ info: dictionary({ ...SINGLE, ...info }), ...top }))
export const folderOf = (...files: Encodable[]) => torrentOf({ length: undefined, files })

export const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

/** `accepted`, or the code with which `parseMetainfo` refuses `bytes`. */
export async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    await parseMetainfo(bytes)
    return 'accepted'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}
