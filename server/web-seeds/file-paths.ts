import { type PackedFile, PackedFiles, type PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'

/**
 * The file that a URL names: `path` is as BEP 19 has it (`name` or `name/dir/file`), percent-encoded. It is only looked up
 * among those of the metainfo, never joined to a path on disk. Clients without BEP 47 request padding files like others;
 * their paths may repeat, and hide no file. Undefined: none.
 */
export function fileAt(metainfo: PackedMetainfo, path: string): PackedFile | undefined {
  const decoded = decodePath(path)
  return decoded === null ? undefined : new PackedFiles(metainfo).find(decoded)
}

/**
 * The path as text, each component decoded once; null when it is not UTF-8. A name that holds a slash is found whether
 * that is encoded or not: names are looked up here and lead nowhere.
 */
function decodePath(path: string): string | null {
  const components = path.split('/').map(decodeComponent)
  return components.includes(null) ? null : components.join('/')
}

function decodeComponent(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
