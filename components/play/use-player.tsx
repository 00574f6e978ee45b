import { type ReactNode, useState } from 'react'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { canShow, type Media, mediaOf } from '../../lib/play/media.ts'
import { preparePlay } from '../../lib/play/play.ts'
import { useInBrowser } from '../../lib/react/page/use-in-browser.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { late } from '../common/late.tsx'
import { PlayButton } from './play-button.tsx'

const Player = late(async () => (await import('./player.tsx')).Player)

/** A file of a share; `index` in the metainfo. */
interface PlayableFile {
  readonly index: number
  readonly path: readonly string[]
}

interface PlayerControls {
  /** The player of the last file to be played, or null. */
  readonly screen: ReactNode
  /** A button that plays or shows `file`; null for files this browser can't show. */
  readonly button: (file: PlayableFile) => ReactNode
  /** The same as an icon, for lists. */
  readonly compactButton: (file: PlayableFile) => ReactNode
}

/** Plays or shows one file of a share at a time; joins the swarm when needed. */
export function usePlayer(infoHash: InfoHash, onError: (reason: unknown) => void): PlayerControls {
  const inBrowser = useInBrowser()
  const [shown, setShown] = useState<{ index: number; name: string; media: Media } | null>(null)

  const buttonFor = ({ index, path }: PlayableFile, size: 'compact' | 'normal') => {
    const name = path.at(-1) ?? ''
    const media = inBrowser ? mediaOf(name) : null
    if (!media || !canShow(media)) return null
    const play = async () => {
      try {
        await preparePlay(thisTab(), infoHash)
        setShown({ index, name, media })
      } catch (reason) {
        onError(reason)
      }
    }
    return <PlayButton name={name} media={media} compact={size === 'compact'} onPlay={play} />
  }
  const screen = shown && (
    <Player key={shown.index} infoHash={infoHash} {...shown} onClose={() => setShown(null)} />
  )
  return {
    screen,
    button: file => buttonFor(file, 'normal'),
    compactButton: file => buttonFor(file, 'compact'),
  }
}
