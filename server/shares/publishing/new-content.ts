import { AppError } from '../../../lib/base/errors.ts'
import { isEncrypted } from '../../../lib/encryption/outer.ts'
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
  /** See `isEncrypted`. */
  readonly encrypted: boolean
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
  if (kind === 'torrent') {
    const share = await readTorrent(bytes)
    requireSilent(share, {})
    return { share, words: {} }
  }
  const { metainfo, ...words } = parseJson(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    createShareSchema,
  )
  const share = await readTorrent(Buffer.from(metainfo, 'base64'))
  requireSilent(share, words)
  return { share, words }
}

/**
 * What is said of an encrypted share would be read by everybody: it has nothing but its neutral name.
 * Errors: `encrypted_names`.
 */
function requireSilent({ comment, encrypted }: NewContent, words: Words): void {
  if (words.encrypted && !encrypted) {
    throw new AppError('encrypted_names', 'its content is not one file called encrypted-1a2b3c4d.tabseed')
  }
  if (encrypted) refuseWords({ ...words, comment })
}

/** Errors: `encrypted_names` when there is something that an encrypted share must not say. */
export function refuseWords(
  words: Pick<Words, 'title' | 'description' | 'listed'> & { readonly comment?: string },
): void {
  const { comment, description, listed, title } = words
  const said = Object.entries({ title, description, comment, listed }).find(([, value]) => value)
  if (said) throw new AppError('encrypted_names', `${said[0]} would be read by everybody`)
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
    encrypted: isEncrypted(metainfo),
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
