'use client'

import { X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { playUrl } from '../../lib/play/answer.ts'
import type { Media } from '../../lib/play/media.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextPreview } from './text-preview.tsx'

interface PlayerProps {
  readonly infoHash: InfoHash
  /** Index in the metainfo. */
  readonly index: number
  readonly name: string
  readonly media: Media
  readonly onClose: () => void
}

type PlayerState = 'loading' | 'ready' | 'failed'

/** One file, played or shown while it downloads; `data-player-state` has its state. */
export function Player({ infoHash, index, name, media, onClose }: PlayerProps) {
  const t = useTranslations('play')
  const [state, setState] = useState<PlayerState>('loading')
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus()
  }, [])
  const shown = visibleName(name)
  return (
    <section
      aria-label={t('player', { name: shown })}
      data-player={media.kind}
      data-player-state={state}
      className="card space-y-3 p-4 sm:p-6"
    >
      <div className="flex items-start justify-between gap-4">
        <h2
          ref={heading}
          tabIndex={-1}
          className="min-w-0 break-words pt-2 font-semibold text-lg outline-none [overflow-wrap:anywhere]"
        >
          <Name text={name} />
        </h2>
        <Button look="quiet" size="icon" aria-label={t('close')} onClick={onClose} className="-mt-0.5 -me-2">
          <X />
        </Button>
      </div>
      {state === 'failed' ? (
        <Notice tone="amber" role="alert">
          <p>{t('failed')}</p>
        </Notice>
      ) : (
        <Screen
          kind={media.kind}
          src={playUrl(infoHash, index, name)}
          name={shown}
          onReady={() => setState('ready')}
          onFailed={() => setState('failed')}
        />
      )}
      <p role="status" className="text-muted text-sm">
        {state === 'loading' && t('loading')}
      </p>
    </section>
  )
}

interface ScreenProps {
  readonly kind: Media['kind']
  readonly src: string
  readonly name: string
  readonly onReady: () => void
  readonly onFailed: () => void
}

function Screen({ kind, src, name, onReady, onFailed }: ScreenProps) {
  const player = { src, controls: true, autoPlay: true, 'aria-label': name, onError: onFailed }
  switch (kind) {
    case 'video':
      return (
        <video
          {...player}
          playsInline
          onLoadedMetadata={onReady}
          className="max-h-[80dvh] w-full rounded-control bg-qr-dark"
        />
      )
    case 'audio':
      return <audio {...player} onLoadedMetadata={onReady} className="w-full" />
    case 'image':
      return (
        // biome-ignore lint/performance/noImgElement: its bytes come from other people, not from our server
        <img
          src={src}
          alt={name}
          onLoad={onReady}
          onError={onFailed}
          className="mx-auto max-h-[80dvh] rounded-control"
        />
      )
    case 'pdf':
      return (
        <iframe
          src={src}
          title={name}
          onLoad={onReady}
          className="h-[80dvh] w-full rounded-control border border-line"
        />
      )
    case 'text':
      return <TextPreview src={src} name={name} onReady={onReady} onFailed={onFailed} />
  }
}
