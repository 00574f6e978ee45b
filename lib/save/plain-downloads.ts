import type { Share } from '../protocol/share.ts'
import { saveName } from '../torrent/paths.ts'
import { webSeedFileUrl } from '../torrent/web-seed.ts'

/** A file of a share that any program can fetch with a plain GET. */
export interface PlainDownload {
  /** Below the share's name; untrusted text. */
  readonly path: string
  /** Bytes. */
  readonly length: number
  readonly url: string
}

/** The files of `share` on its best web seed, without padding; none when it has no web seed. */
export function plainDownloads(share: Share): PlainDownload[] {
  const [base] = share.webSeeds
  if (base === undefined) return []
  return share.files.flatMap(({ path, length, padding }) =>
    padding ? [] : { path, length, url: webSeedFileUrl(base, share, path.split('/')) },
  )
}

/** A line for a POSIX shell: curl saves the file under its own name, and continues a partial one. */
export function curlLine({ path, url }: PlainDownload): string {
  const name = saveName(path.split('/').at(-1) ?? '')
  return `curl -fgL -C - -o ${quote(name)} ${quote(url)}`
}

/** A line for a POSIX shell: aria2 fetches all files of the `.torrent` at `url`, checks every piece, and ends. */
export function aria2Line(url: string): string {
  return `aria2c --seed-time=0 ${quote(url)}`
}

/** `text` as one word that a POSIX shell takes literally. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
