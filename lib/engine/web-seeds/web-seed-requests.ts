import type { Metainfo } from '../../torrent/metainfo.ts'
import { segmentsOf } from '../../torrent/segments.ts'
import { webSeedFileUrl } from '../../torrent/web-seed.ts'

/** One range of one file to request from a web seed; bytes. */
export interface RangeRequest {
  readonly url: string
  /** Index in metainfo order. */
  readonly file: number
  readonly fileLength: number
  /** First byte inside the file. */
  readonly from: number
  readonly length: number
  /** Its first byte in the content. */
  readonly start: number
}

type Content = Pick<Metainfo, 'files' | 'statedName' | 'singleFile'>

/**
 * The requests that fetch bytes [start, end) of the content from a web seed, in order. Padding (BEP 47) is known to be zeros
 * and empty files have no bytes: neither is requested.
 */
export function planRequests(content: Content, seed: string, start: number, end: number): RangeRequest[] {
  const named = { name: content.statedName, singleFile: content.singleFile }
  return segmentsOf(content.files, start, end)
    .filter(({ file }) => !content.files[file]?.padding)
    .map(({ file, fileOffset, length, rangeOffset }) => ({
      url: webSeedFileUrl(seed, named, content.files[file]?.statedPath ?? []),
      file,
      fileLength: content.files[file]?.length ?? 0,
      from: fileOffset,
      length,
      start: start + rangeOffset,
    }))
}
