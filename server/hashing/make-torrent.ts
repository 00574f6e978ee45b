import { planShare, type SharePlan } from '../../lib/publish-plan.ts'
import { encodeInfo, encodeTorrent, type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import { choosePieceLength } from '../../lib/torrent/piece-length.ts'
import { type HashOptions, hashFiles } from './hash-files.ts'
import type { LocalFile } from './local-files.ts'

export interface TorrentOptions extends HashOptions {
  /** Instead of the name of the file or folder. */
  readonly name?: string | undefined
  /** Bytes, instead of what fits the size. */
  readonly pieceLength?: number | undefined
  /** BEP 27. */
  readonly private?: boolean | undefined
}

export interface MadeTorrent {
  /** Without trackers. */
  readonly torrent: Uint8Array<ArrayBuffer>
  readonly metainfo: Metainfo
  readonly plan: SharePlan<LocalFile>
}

/**
 * The torrent of `files`, with the name, order and piece length that a tab would give them.
 * Errors: those of `planShare`, `choosePieceLength` and `hashFiles`.
 */
export async function makeTorrent(
  files: readonly LocalFile[],
  options: TorrentOptions = {},
): Promise<MadeTorrent> {
  const plan = planShare(files)
  const paths = plan.files.map(({ path }) => path.join('/'))
  const pieceLength = options.pieceLength ?? choosePieceLength(plan.length, paths)
  const pieces = await hashFiles(plan.files, pieceLength, options)
  const infoBytes = encodeInfo({
    name: options.name ?? plan.name,
    pieceLength,
    pieces,
    private: options.private ?? false,
    ...(plan.singleFile
      ? { length: plan.length }
      : { files: plan.files.map(({ file, path }) => ({ path, length: file.size })) }),
  })
  const torrent = encodeTorrent({ infoBytes, announceList: [] })
  return { torrent, metainfo: await parseMetainfo(torrent), plan }
}
