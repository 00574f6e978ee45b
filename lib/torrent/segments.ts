/** A file's place in the content; bytes. */
interface PlacedFile {
  readonly offset: number
  readonly length: number
}

/** In metainfo order, without gaps: an array, or what holds many files in less memory. */
interface PlacedFiles {
  readonly length: number
  at(index: number): PlacedFile | undefined
}

/** The part of a byte range that lies in one file; bytes. */
export interface Segment {
  /** Index in metainfo order. */
  readonly file: number
  /** First byte inside the file. */
  readonly fileOffset: number
  /** First byte inside the range. */
  readonly rangeOffset: number
  readonly length: number
}

/** Bytes [start, end) of the content as parts of files, in order, without empty ones. */
export function segmentsOf(files: PlacedFiles, start: number, end: number): Segment[] {
  const segments: Segment[] = []
  for (let index = firstFileAfter(files, start); index < files.length; index++) {
    const file = files.at(index)
    if (!file || file.offset >= end) break
    const from = Math.max(start, file.offset)
    const length = Math.min(end, file.offset + file.length) - from
    if (length <= 0) continue
    segments.push({ file: index, fileOffset: from - file.offset, rangeOffset: from - start, length })
  }
  return segments
}

/** Index of the first file that ends after byte `start`. */
function firstFileAfter(files: PlacedFiles, start: number): number {
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >> 1
    const file = files.at(middle)
    if (file && file.offset + file.length <= start) low = middle + 1
    else high = middle
  }
  return low
}
