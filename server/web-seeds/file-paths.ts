import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'

/** Paths kept in memory, over all shares; the largest share alone may have 100,000. */
const PATHS_MAX = 250_000

/**
 * Finds the file a URL names. The path of a URL is only ever looked up among those the metainfo has, never joined to a
 * path on disk. The most recently asked shares have their paths ready.
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
    // The order of a Map is the order of use: what was set longest ago goes first.
    this.#shares.set(infoHash, paths)
    for (const [oldest, { size }] of this.#shares) {
      if (this.#size <= PATHS_MAX || oldest === infoHash) break
      this.#shares.delete(oldest)
      this.#size -= size
    }
    return paths
  }
}

function indexPaths({ name, singleFile, files }: Metainfo): ReadonlyMap<string, number> {
  const paths = new Map<string, number>()
  const add = (wantPadding: boolean) => {
    for (const [index, { path, padding }] of files.entries()) {
      if (padding !== wantPadding) continue
      const full = singleFile ? name : `${name}/${path.join('/')}`
      if (!paths.has(full)) paths.set(full, index)
    }
  }
  add(false)
  // Clients that do not know BEP 47 ask for padding like for any file; its paths may repeat, and never hide a file.
  add(true)
  return paths
}

/** The path as text, each component decoded once; null when it is not UTF-8 or a component holds a separator. */
function decodePath(path: string): string | null {
  const components = path.split('/').map(decodeComponent)
  return components.some(component => component === null || component.includes('/'))
    ? null
    : components.join('/')
}

function decodeComponent(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
