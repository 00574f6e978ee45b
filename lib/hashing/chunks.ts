/** Bytes [start, end) of files that stand one after the other: at most a chunk's length, of one file. */
interface Chunk {
  readonly start: number
  readonly end: number
}

/**
 * The chunks of `length` bytes that begin in bytes [from, to) of files of these `sizes`, in order, and the number of the first of
 * them. Chunks are counted from the beginning of each file; an empty file has none.
 */
export function chunksIn(
  sizes: Float64Array,
  length: number,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly first: number; readonly chunks: readonly Chunk[] } {
  const chunks: Chunk[] = []
  let first = 0
  let fileStart = 0
  for (const size of sizes) {
    if (fileStart >= to) break
    const fileEnd = fileStart + size
    const count = Math.ceil(size / length)
    const skipped = Math.min(count, Math.max(0, Math.ceil((from - fileStart) / length)))
    if (chunks.length === 0) first += skipped
    for (let start = fileStart + skipped * length; start < Math.min(fileEnd, to); start += length) {
      chunks.push({ start, end: Math.min(start + length, fileEnd) })
    }
    fileStart = fileEnd
  }
  return { first, chunks }
}
