import { type CreateShare, createShareSchema } from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { parseJson } from '../../http/body.ts'
import type { Content, StoredContent } from '../share-store.ts'
import { contentDigest } from '../takedown/content-digest.ts'

/** What is published: a `.torrent`, or JSON with one in base64 and the words about it. */
export interface Publication {
  readonly kind: 'torrent' | 'json'
  readonly bytes: Uint8Array
  /** True: nobody else needs `bytes`, so that a worker may take their memory over. */
  readonly isGiven?: boolean
}

/** What a `.torrent` describes, in the form in which it is stored. */
export interface NewContent {
  readonly infoHash: InfoHash
  /** Raw bytes of the info dictionary. */
  readonly infoBytes: Uint8Array<ArrayBuffer>
  readonly content: StoredContent
  readonly private: boolean
  readonly comment: string
  /** See `contentDigest`. */
  readonly contentDigest: string
}

/** Texts and the like that somebody sends with a `.torrent`. */
export type Words = Omit<CreateShare, 'metainfo'>

export interface ReadPublication {
  readonly share: NewContent
  readonly words: Words
}

/** Errors: those of `parseJson` and `parseMetainfo`. Takes up to seconds for the largest; see `MetainfoReader`. */
export async function readPublication({ bytes, kind }: Publication): Promise<ReadPublication> {
  if (kind === 'torrent') return { share: await readTorrent(bytes), words: {} }
  const { metainfo, ...words } = parseJson(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    createShareSchema,
  )
  return { share: await readTorrent(Buffer.from(metainfo, 'base64')), words }
}

async function readTorrent(torrent: Uint8Array): Promise<NewContent> {
  const metainfo = await parseMetainfo(torrent)
  const { comment, infoBytes, infoHash } = metainfo
  const content = storedContent(contentOf(metainfo))
  return {
    infoHash,
    infoBytes,
    content,
    private: metainfo.private,
    comment,
    contentDigest: contentDigest(metainfo),
  }
}

/** What is stored of the content that a `.torrent` describes. */
function contentOf(metainfo: Metainfo): Content {
  return {
    name: metainfo.statedName,
    length: metainfo.length,
    pieceLength: metainfo.pieceLength,
    pieceCount: metainfo.pieceCount,
    private: metainfo.private,
    singleFile: metainfo.singleFile,
    files: metainfo.files.map(({ path, statedPath, length, padding }) => ({
      path: statedPath.join('/'),
      length,
      padding,
      ...(path !== statedPath && !padding && { savedAs: path.join('/') }),
    })),
  }
}

/** `content` as a store takes it. */
export function storedContent(content: Content): StoredContent {
  const { files, length, name } = content
  return {
    json: JSON.stringify(content),
    name,
    length,
    fileCount: files.filter(({ padding }) => !padding).length,
  }
}
