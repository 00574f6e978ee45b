import { randomUUID } from 'node:crypto'
import { AppError } from '../../../lib/base/errors.ts'
import { planShare, type SharePlan } from '../../../lib/publish/plan.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { METAINFO_MAX_BYTES, PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { choosePieceLength } from '../../../lib/torrent/piece-length.ts'
import type { HashOptions } from './hash-file-spans.ts'
import { hashFiles } from './hash-files.ts'
import type { LocalFile } from './local-files.ts'

/** Options of a torrent; without any, the torrent is the one that a tab makes of the same files. */
export interface TorrentOptions {
  readonly name?: string | undefined
  /** Bytes; a power of two from 16 KiB to 64 MiB. */
  readonly pieceLength?: number | undefined
  readonly private?: boolean | undefined
  readonly source?: string | undefined
  /** Give it a unique info hash. */
  readonly crossSeed?: boolean | undefined
  /** Write which files are programs, and when each was changed; it gives another info hash. */
  readonly attributes?: boolean | undefined
  /** Publish system files such as `.DS_Store` too. */
  readonly junk?: boolean | undefined
  readonly announceList?: readonly (readonly string[])[] | undefined
  readonly webSeeds?: readonly string[] | undefined
  readonly comment?: string | undefined
  /** Seconds since 1970. */
  readonly creationDate?: number | undefined
}

export interface MadeTorrent {
  readonly torrent: Uint8Array<ArrayBuffer>
  readonly metainfo: Metainfo
  readonly plan: SharePlan<LocalFile>
}

/** The content of a torrent of `files`, as `planShare` names them. Errors: those of `planShare`. */
export function planTorrent(
  files: readonly LocalFile[],
  { junk, name }: TorrentOptions = {},
): SharePlan<LocalFile> {
  const plan = planShare(files, junk ? { isJunk: () => false } : {})
  return { ...plan, name: name ?? plan.name }
}

/**
 * The torrent of `files`, with the name, order and piece length that a tab would give them, unless asked otherwise.
 * Errors: those of `planShare`, `choosePieceLength`, `hashFiles` and `encodeTorrent`.
 */
export async function makeTorrent(
  files: readonly LocalFile[],
  options: TorrentOptions & HashOptions = {},
): Promise<MadeTorrent> {
  const plan = planTorrent(files, options)
  const pieceLength =
    options.pieceLength ??
    choosePieceLength(
      plan.length,
      plan.files.map(({ path }) => path.join('/')),
    )
  const piecesBytes = Math.ceil(plan.length / pieceLength) * PIECE_HASH_BYTES
  // Checked before hashing, which may take hours.
  if (piecesBytes > METAINFO_MAX_BYTES) {
    throw new AppError(
      'metainfo_too_large',
      `pieces of ${pieceLength} bytes are too short for ${plan.length} bytes`,
    )
  }
  const pieces = await hashFiles(plan.files, pieceLength, options)
  const infoBytes = encodeInfo({
    name: plan.name,
    pieceLength,
    pieces,
    private: options.private ?? false,
    source: options.source,
    crossSeed: options.crossSeed ? `tabseed-${randomUUID()}` : undefined,
    ...contentFields(plan, options.attributes ?? false),
  })
  const { announceList = [], comment, creationDate, webSeeds } = options
  const torrent = encodeTorrent({ infoBytes, announceList, comment, creationDate, webSeeds })
  return { torrent, metainfo: await parseMetainfo(torrent), plan }
}

function contentFields({ files, length, singleFile }: SharePlan<LocalFile>, attributes: boolean) {
  const attributesOf = ({ executable, modified }: LocalFile['file']) =>
    attributes ? { executable, modified: Math.floor(modified / 1000) } : {}
  const [only] = files
  return singleFile && only
    ? { length, ...attributesOf(only.file) }
    : { files: files.map(({ file, path }) => ({ path, length: file.size, ...attributesOf(file) })) }
}
