import type { Share } from '../../protocol/share.ts'
import type { OpenedShare } from './seals.ts'

/** The share as those see it who have its key: name, texts and files are those inside, and its link has the key. */
export function insideOf<Outside extends Share>(share: Outside, { metainfo, seal }: OpenedShare) {
  const { files, name, sealed, singleFile } = metainfo
  return {
    ...share,
    name,
    title: sealed?.title ?? '',
    description: sealed?.description ?? '',
    singleFile,
    files: files.map(({ length, path }) => ({ path: path.join('/'), length, padding: false })),
    fileCount: files.length,
    links: { ...share.links, page: `${share.links.page}#${seal.fragment}` },
    outside: share,
  }
}
