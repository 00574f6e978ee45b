/**
 * Bytes of the files of a share or its metainfo, as people know them: without padding, and of an opened share without what encryption adds. The
 * length where the list of files is not there.
 */
export function contentSize({
  files,
  length,
}: {
  readonly files: readonly { readonly length: number; readonly padding: boolean }[]
  readonly length: number
}): number {
  if (files.length === 0) return length
  return files.reduce((sum, file) => sum + (file.padding ? 0 : file.length), 0)
}
