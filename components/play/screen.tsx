import type { ReactNode } from 'react'
import type { Media } from '../../lib/play/media.ts'
import { TextPreview } from './text-preview.tsx'
import type { LoadedSubtitles } from './use-subtitles.ts'

interface ScreenProps {
  readonly kind: Media['kind']
  readonly src: string
  /** For people, without characters that could hide others. */
  readonly name: string
  readonly subtitles: readonly LoadedSubtitles[]
  readonly onReady: () => void
  readonly onFailed: () => void
  /** Video or sound has played to its end. */
  readonly onEnded: () => void
}

/** The element that plays or shows one file. */
export function Screen({ kind, src, name, subtitles, onReady, onFailed, onEnded }: ScreenProps): ReactNode {
  const player = { src, controls: true, autoPlay: true, 'aria-label': name, onError: onFailed, onEnded }
  switch (kind) {
    case 'video':
      return (
        <video
          {...player}
          playsInline
          onLoadedMetadata={onReady}
          className="max-h-full w-full rounded-control bg-qr-dark"
        >
          {subtitles.map(({ url, language, label }) => (
            <track key={url} kind="subtitles" src={url} srcLang={language || undefined} label={label} />
          ))}
        </video>
      )
    case 'audio':
      return <audio {...player} onLoadedMetadata={onReady} className="w-full max-w-xl" />
    case 'image':
      return (
        // biome-ignore lint/performance/noImgElement: its bytes come from other people, not from our server
        <img
          src={src}
          alt={name}
          draggable={false}
          onLoad={onReady}
          onError={onFailed}
          className="max-h-full max-w-full rounded-control object-contain"
        />
      )
    case 'pdf':
      return (
        <iframe
          src={src}
          title={name}
          onLoad={onReady}
          className="size-full rounded-control border border-line bg-surface"
        />
      )
    case 'text':
      return <TextPreview src={src} name={name} onReady={onReady} onFailed={onFailed} />
  }
}
