import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { packMetainfo } from '../../../server/shares/metainfo/packed-metainfo.ts'
import type { HostedShare, HostedShares } from '../../../server/web-seeds/hosted-shares.ts'
import { writeTree } from './fixtures.ts'

const PIECE_LENGTH = 16_384

/** Content as a publisher has it: one file, or a folder `name`. */
export interface Published {
  readonly torrent: Uint8Array<ArrayBuffer>
  readonly metainfo: Metainfo
  readonly files: Readonly<Record<string, Uint8Array>>
}

/** The `.torrent` of `files` below a folder called `name`, or of one file of that name. */
export async function publishedContent(
  name: string,
  content: Uint8Array | Readonly<Record<string, Uint8Array>>,
  pieceLength = PIECE_LENGTH,
): Promise<Published> {
  const single = content instanceof Uint8Array
  const files = single ? { [name]: content } : content
  const all = Buffer.concat(Object.values(files))
  const pieces: Buffer[] = []
  for (let at = 0; at < all.length; at += pieceLength) {
    pieces.push(
      createHash('sha1')
        .update(all.subarray(at, at + pieceLength))
        .digest(),
    )
  }
  const fields = { name, pieceLength, pieces: Buffer.concat(pieces), private: false }
  const infoBytes = encodeInfo(
    single
      ? { ...fields, length: all.length }
      : {
          ...fields,
          files: Object.entries(files).map(([path, { length }]) => ({ path: path.split('/'), length })),
        },
  )
  const torrent = encodeTorrent({ infoBytes, announceList: [] })
  return { torrent, metainfo: await parseMetainfo(torrent), files }
}

/** Files on disk as a seeder would hold them: under their numbers. */
export class TestHostedShares implements HostedShares {
  readonly #folder: string
  readonly #shares = new Map<string, HostedShare & { bytesSent: number; complete: boolean }>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Write `published` below the folder and hold it. */
  hold({ metainfo, files }: Published) {
    const path = (index: number) => join(this.#folder, metainfo.infoHash, String(index))
    writeTree(
      join(this.#folder, metainfo.infoHash),
      Object.fromEntries(Object.values(files).map((bytes, index) => [String(index), bytes])),
    )
    const share = {
      metainfo: packMetainfo(metainfo),
      complete: true,
      bytesSent: 0,
      // Like the seeder, which has nothing on disk for an empty file.
      file: (index: number) => (metainfo.files[index]?.length === 0 ? null : path(index)),
      path,
      touched(bytes: number) {
        share.bytesSent += bytes
      },
      damagedPieces: [] as number[],
      damaged(piece: number) {
        share.damagedPieces.push(piece)
      },
    }
    this.#shares.set(metainfo.infoHash, share)
    return share
  }

  find(infoHash: string) {
    return this.#shares.get(infoHash) ?? null
  }

  remove(infoHash: string): void {
    this.#shares.delete(infoHash)
  }
}
