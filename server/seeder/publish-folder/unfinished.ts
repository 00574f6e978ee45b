import type { LocalFile } from '../../node-engine/hashing/local-files.ts'

/**
 * Endings of files that browsers, download managers and copy tools have not finished: Firefox, wget, Chromium, WinSCP,
 * qBittorrent, µTorrent, BitTorrent, Safari, Opera, BitComet, DC++, Xunlei, FlashGet, Free Download Manager, yt-dlp, eMule,
 * MEGA; and the control files of some.
 */
const ENDINGS = [
  ...['part', 'partial', 'parts', 'crdownload', 'filepart', '!qb', '!ut', '!bt', 'download', 'opdownload'],
  ...['bc!', 'dctmp', 'incomplete', 'unfinished', 'tmp', 'temp', 'aria2', 'aria2__temp', 'xltd', 'jc!'],
  ...['fdmdownload', 'ytdl', 'part\\.met', 'megatmp', 'mega', 'lftp-pget-status', 'swp', 'swx'],
]
/** Also `x~`, `x.part-Frag3`, Office's `~$x`, `.~x` and `.~lock.x#`, Emacs' `#x#` and `.#x`, `~uTorrentPartFile_…`. */
const UNFINISHED = new RegExp(
  `\\.(?:${ENDINGS.join('|')})$|~$|\\.part-[^.]+$|^~[$]|^\\.~|^#.+#$|^\\.#|^~utorrentpartfile`,
  'i',
)
/** rsync's `.name.a1B2c3`, FUSE's `.fuse_hidden…`, NFS' `.nfs…`, GLib's `.goutputstream-…`, Syncthing's, rsync's folder. */
const TEMPORARY =
  /^\..+\.[A-Za-z0-9]{6}$|^\.(?:fuse_hidden|nfs[0-9a-f]{8}|goutputstream-|syncthing\.|rsync-partial$)/

/** What stands beside a file that is not finished: aria2, axel, lftp, and the part of which Firefox keeps the place. */
const COMPANION = /\.(?:aria2|st|lftp-pget-status|part|crdownload|filepart|opdownload|ytdl)$/i

/** Whether a file or folder of this name is one that some program has not finished, or will delete again. */
export const isUnfinishedName = (name: string): boolean => UNFINISHED.test(name) || TEMPORARY.test(name)

/** Those of `names`, all of one folder, beside which something says that they are not finished: `x` beside `x.aria2`. */
export function unfinishedBesides(names: Iterable<string>): ReadonlySet<string> {
  const held = new Set<string>()
  for (const name of names) if (COMPANION.test(name)) held.add(name.replace(COMPANION, ''))
  return held
}

/** The files of a folder that are finished, by their names and what stands beside them. The folder's own name is not looked at. */
export function finishedFiles(files: readonly LocalFile[]): readonly LocalFile[] {
  const held = unfinishedBesides(files.map(({ path }) => path.join('/')))
  return files.filter(({ path }) => {
    const below = path.slice(1)
    if (below.some(isUnfinishedName)) return false
    return held.size === 0 || !below.some((_, depth) => held.has(path.slice(0, depth + 2).join('/')))
  })
}
