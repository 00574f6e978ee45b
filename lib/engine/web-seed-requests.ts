import type { Metainfo } from '../torrent/metainfo.ts'
import { segmentsOf } from '../torrent/segments.ts'

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
 * Where a web seed has a file (BEP 19): the seed's own URL for a single file, unless it ends in a slash, then the name
 * below it; name and path below it for a folder.
 */
export function fileUrl({ files, name, singleFile }: Content, seed: string, file: number): string {
  const isFolder = seed.endsWith('/')
  if (singleFile && !isFolder) return seed
  const path = singleFile ? [name] : [name, ...(files[file]?.path ?? [])]
  return `${seed}${isFolder ? '' : '/'}${path.map(encodeURIComponent).join('/')}`
}

/**
 * What to ask a web seed for to have bytes [start, end) of the content, in order. Padding (BEP 47) is zeros that nobody
 * has to send, and empty files have no bytes: neither is asked for.
 */
export function planRequests(content: Content, seed: string, start: number, end: number): RangeRequest[] {
  return segmentsOf(content.files, start, end)
    .filter(({ file }) => !content.files[file]?.padding)
    .map(({ file, fileOffset, length, rangeOffset }) => ({
      url: fileUrl(content, seed, file),
      file,
      fileLength: content.files[file]?.length ?? 0,
      from: fileOffset,
      length,
      start: start + rangeOffset,
    }))
}
