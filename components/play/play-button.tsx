import { Eye, Play } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { Media } from '../../lib/play/media.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Button } from '../ui/button.tsx'

interface PlayButtonProps {
  readonly name: string
  readonly media: Media
  /** See `howShowable`. */
  readonly how: 'yes' | 'perhaps'
  /** Show only the icon; the accessible name stays. */
  readonly compact?: boolean
  readonly onPlay: () => void
}

/** Opens the player: "Play" for video and audio, "Try to play" where the browser does not say that it can, "Show" for images and text. */
export function PlayButton({ name, media, how, compact = false, onPlay }: PlayButtonProps) {
  const t = useTranslations('play')
  const runs = media.kind === 'video' || media.kind === 'audio'
  const Icon = runs ? Play : Eye
  const verb = how === 'perhaps' ? 'try' : runs ? 'play' : 'show'
  if (compact) {
    return (
      <Button
        look="quiet"
        size="icon"
        aria-label={t(`${verb}Name`, { name: visibleName(name) })}
        onClick={onPlay}
      >
        <Icon />
      </Button>
    )
  }
  return (
    <Button onClick={onPlay}>
      <Icon aria-hidden="true" />
      {t(verb)}
    </Button>
  )
}
