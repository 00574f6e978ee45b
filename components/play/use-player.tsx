import { type ReactNode, useState } from 'react'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { howShowable, mediaOf } from '../../lib/play/media.ts'
import { preparePlay } from '../../lib/play/play.ts'
import { useInBrowser } from '../../lib/react/page/use-in-browser.ts'
import { inListOrder } from '../../lib/torrent/file-tree.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { late } from '../common/late.tsx'
import { PlayButton } from './play-button.tsx'
import type { PlayableFile, ShowableFile } from './playable-file.ts'

const Lightbox = late(async () => (await import('./lightbox.tsx')).Lightbox)

interface PlayerOptions {
  readonly infoHash: InfoHash
  /** All files of the share: next and previous go through those that can be shown. */
  readonly files: readonly PlayableFile[]
  readonly onGet: (file: PlayableFile) => void
  readonly onError: (reason: unknown) => void
}

interface PlayerControls {
  /** The open lightbox, or null. */
  readonly screen: ReactNode
  /** A button that plays or shows `file`; null for files this browser can't show. */
  readonly button: (file: PlayableFile) => ReactNode
  /** The same as an icon, for lists. */
  readonly compactButton: (file: PlayableFile) => ReactNode
}

/** Plays or shows files of a share, one at a time; joins the swarm when needed. */
export function usePlayer({ infoHash, files, onGet, onError }: PlayerOptions): PlayerControls {
  const inBrowser = useInBrowser()
  const [shown, setShown] = useState<{ readonly list: readonly ShowableFile[]; readonly at: number } | null>(
    null,
  )

  const buttonFor = (file: PlayableFile, size: 'compact' | 'normal') => {
    const media = inBrowser ? mediaOf(file.path.at(-1) ?? '') : null
    const how = media ? howShowable(media) : 'no'
    if (!media || how === 'no') return null
    const play = async () => {
      try {
        await preparePlay(thisTab(), infoHash)
        const list = showable(files)
        setShown({ list, at: list.findIndex(({ index }) => index === file.index) })
      } catch (reason) {
        onError(reason)
      }
    }
    return (
      <PlayButton
        name={file.path.at(-1) ?? ''}
        media={media}
        how={how}
        compact={size === 'compact'}
        onPlay={play}
      />
    )
  }
  const screen = shown && (
    <Lightbox
      infoHash={infoHash}
      files={files}
      list={shown.list}
      at={shown.at}
      onMove={at => setShown({ list: shown.list, at })}
      onGet={onGet}
      onClose={() => setShown(null)}
    />
  )
  return {
    screen,
    button: file => buttonFor(file, 'normal'),
    compactButton: file => buttonFor(file, 'compact'),
  }
}

/** Those of `files` that this browser can show, in the order of the list on the page. */
function showable(files: readonly PlayableFile[]): ShowableFile[] {
  return inListOrder(files).flatMap(file => {
    const media = mediaOf(file.path.at(-1) ?? '')
    return media && howShowable(media) !== 'no' ? { ...file, media } : []
  })
}
