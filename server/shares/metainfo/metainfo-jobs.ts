import type { ErrorCode } from '../../../lib/base/errors.ts'
import { fitCopy } from '../../../lib/heal/local-copy.ts'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { type Publication, type ReadPublication, readPublication } from '../publishing/new-content.ts'
import { type PackedMetainfo, packMetainfo } from './packed-metainfo.ts'

/**
 * Where metainfo is read from: a `.torrent`, or an info dictionary alone as it is stored, which may be gone afterwards: a
 * worker takes its memory over.
 */
export type Source = { readonly torrent: Uint8Array } | { readonly infoBytes: Uint8Array<ArrayBuffer> }

/** Files on a disk, in few values: many pass to another thread without being copied one by one. */
interface FileList {
  /** Paths with `/`, a NUL between two: neither can be part of a name. */
  readonly paths: string
  /** Bytes. */
  readonly sizes: Float64Array<ArrayBuffer>
}

/** What is read of metainfo, here or in a worker. */
export type Job =
  | { readonly do: 'publication'; readonly publication: Publication }
  | { readonly do: 'pack'; readonly source: Source }
  | { readonly do: 'place'; readonly source: Source; readonly files: FileList }

/** A metainfo, and which of the given files are its files. */
export interface Placed {
  readonly metainfo: PackedMetainfo
  /** A `.torrent` of it with nothing around the info dictionary. */
  readonly torrent: Uint8Array<ArrayBuffer>
  /** For each file in metainfo order its place in the list; -1: padding, or there is none. */
  readonly order: Int32Array<ArrayBuffer>
  /** Every file that is no padding is there. */
  readonly isWhole: boolean
}

export type Result = ReadPublication | PackedMetainfo | Placed

/** What the worker answers: an error of ours travels as its code and detail. */
export type Answer = { readonly result: Result } | { readonly code: ErrorCode; readonly detail: string }

/** Errors: those of `readPublication` and `parseMetainfo`. Takes up to seconds for the largest. */
export async function work(job: Job): Promise<Result> {
  if (job.do === 'publication') return readPublication(job.publication)
  const metainfo = await parseMetainfo(torrentOf(job.source))
  return job.do === 'pack' ? packMetainfo(metainfo) : place(metainfo, job.files)
}

const torrentOf = (source: Source): Uint8Array =>
  'torrent' in source ? source.torrent : encodeTorrent({ ...source, announceList: [] })

function place(metainfo: Metainfo, { paths, sizes }: FileList): Placed {
  const files = Array.from(sizes, (size, index) => ({ index, path: [] as string[], file: { size } }))
  for (const [index, path] of paths.split('\0').entries()) files[index]?.path.push(...path.split('/'))
  const copy = fitCopy(metainfo, files)
  const order = Int32Array.from(metainfo.files, ({ padding }, index) =>
    padding ? -1 : (copy.files[index]?.picked.index ?? -1),
  )
  return {
    metainfo: packMetainfo(metainfo),
    torrent: encodeTorrent({ infoBytes: metainfo.infoBytes, announceList: [] }),
    order,
    isWhole: metainfo.files.every(({ padding }, index) => padding || order[index] !== -1),
  }
}
