import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'

/** Most paths in memory, over all shares; one share may have 100,000. */
const PATHS_MAX = 250_000

/**
 * Finds the file that a URL names. The path of a URL is only looked up among those of the metainfo, never joined to a path
 * on disk. Indexes of the most recently requested shares stay in memory.
 */
export class FilePaths {
  readonly #shares = new Map<InfoHash, ReadonlyMap<string, number>>()
  #size = 0

  /** Index in metainfo order of the file at `path` (BEP 19: `name` or `name/dir/file`, percent-encoded), or undefined. */
  find(metainfo: Metainfo, path: string): number | undefined {
    const decoded = decodePath(path)
    return decoded === null ? undefined : this.#pathsOf(metainfo).get(decoded)
  }

  #pathsOf(metainfo: Metainfo): ReadonlyMap<string, number> {
    const { infoHash } = metainfo
    let paths = this.#shares.get(infoHash)
    if (paths) {
      this.#shares.delete(infoHash)
    } else {
      paths = indexPaths(metainfo)
      this.#size += paths.size
    }
    // A Map keeps insertion order, so the least recently used share comes first.
    this.#shares.set(infoHash, paths)
    for (const [oldest, { size }] of this.#shares) {
      if (this.#size <= PATHS_MAX || oldest === infoHash) break
      this.#shares.delete(oldest)
      this.#size -= size
    }
    return paths
  }
}

function indexPaths({ statedName, singleFile, files }: Metainfo): ReadonlyMap<string, number> {
  const paths = new Map<string, number>()
  const addAll = (kind: 'content' | 'padding') => {
    for (const [index, { statedPath, padding }] of files.entries()) {
      if (padding !== (kind === 'padding')) continue
      const full = singleFile ? statedName : `${statedName}/${statedPath.join('/')}`
      if (!paths.has(full)) paths.set(full, index)
    }
  }
  addAll('content')
  // Clients without BEP 47 request padding files like others. Their paths may repeat, and must not hide a file.
  addAll('padding')
  return paths
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
