import type { Metainfo } from '../../torrent/metainfo.ts'
import { segmentsOf } from '../../torrent/segments.ts'
import { webSeedFileUrl } from '../../torrent/web-seed.ts'

/** One range of one file to ask a web seed for; bytes. */
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

type Content = Pick<Metainfo, 'files' | 'name' | 'singleFile'>

/**
 * What to ask a web seed for to have bytes [start, end) of the content, in order. Padding (BEP 47) is zeros that nobody
 * has to send, and empty files have no bytes: neither is asked for.
 */
export function planRequests(content: Content, seed: string, start: number, end: number): RangeRequest[] {
  return segmentsOf(content.files, start, end)
    .filter(({ file }) => !content.files[file]?.padding)
    .map(({ file, fileOffset, length, rangeOffset }) => ({
      url: webSeedFileUrl(seed, content, content.files[file]?.path ?? []),
      file,
      fileLength: content.files[file]?.length ?? 0,
      from: fileOffset,
      length,
      start: start + rangeOffset,
    }))
}
