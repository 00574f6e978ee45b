import type { Metainfo } from '../../torrent/metainfo.ts'

/** The part of a metainfo that a disk store needs: pieces, their hashes, and where each file lies in the content. */
export type StoreLayout = Pick<Metainfo, 'infoHash' | 'length' | 'pieceLength' | 'pieceCount' | 'pieces'> & {
  readonly files: readonly Pick<Metainfo['files'][number], 'offset' | 'length' | 'padding'>[]
}
