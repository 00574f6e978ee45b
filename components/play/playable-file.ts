import type { Media } from '../../lib/play/media.ts'

/** A file of a share; `index` in the metainfo. */
export interface PlayableFile {
  readonly index: number
  readonly path: readonly string[]
  readonly length: number
}

/** A file that this browser can show. */
export interface ShowableFile extends PlayableFile {
  readonly media: Media
}
