'use client'

import { ChevronLeft, ChevronRight, Download, X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Dialog } from 'radix-ui'
import { type KeyboardEvent, useRef, useState } from 'react'
import { playUrl } from '../../lib/play/answer.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import type { PlayableFile, ShowableFile } from './playable-file.ts'
import { Screen } from './screen.tsx'
import { useSubtitles } from './use-subtitles.ts'
import { useSwipe } from './use-swipe.ts'

interface LightboxProps {
  readonly infoHash: InfoHash
  /** All files of the share, with subtitles. */
  readonly files: readonly PlayableFile[]
  readonly list: readonly ShowableFile[]
  /** Index in `list`. */
  readonly at: number
  readonly onMove: (at: number) => void
  readonly onGet: (file: PlayableFile) => void
  readonly onClose: () => void
}

type PlayerState = 'loading' | 'ready' | 'failed'

/** Keys and touches on these are theirs. */
const OWN_CONTROLS = 'video, audio, select, input, textarea, iframe'

/**
 * One file of a share after the other, over the whole window, played or shown while it downloads. `data-player` has its kind,
 * `data-player-state` its state. Arrow keys and swipes go to the next and the previous one, Escape closes.
 */
export function Lightbox({ infoHash, files, list, at, onMove, onGet, onClose }: LightboxProps) {
  const t = useTranslations()
  const format = useFormat()
  const [reached, setReached] = useState<{ readonly at: number; readonly state: PlayerState }>()
  const state = reached?.at === at ? reached.state : 'loading'
  const heading = useRef<HTMLHeadingElement>(null)
  /** What had the focus when this was opened, and gets it back. */
  const [opener] = useState(() => document.activeElement)
  const file = list[at]
  const subtitles = useSubtitles(infoHash, file?.media.kind === 'video' ? file : null, files)
  const move = (by: 1 | -1) => onMove((at + by + list.length) % list.length)
  const swipe = useSwipe(move)
  if (!file) return null
  const { index, media, path } = file
  const name = path.at(-1) ?? ''
  const shown = visibleName(name)

  const onKeyDown = (event: KeyboardEvent) => {
    if (list.length < 2 || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    if (event.target instanceof Element && event.target.closest(OWN_CONTROLS)) return
    const forward = document.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight'
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
    event.preventDefault()
    move(event.key === forward ? 1 : -1)
  }
  const onEnded = () => {
    // An album goes on; after a film somebody wants to see where it ended.
    if (media.kind === 'audio' && list[at + 1]?.media.kind === 'audio') move(1)
  }

  return (
    <Dialog.Root open onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          data-player={media.kind}
          data-player-state={state}
          data-player-at={at}
          onKeyDown={onKeyDown}
          onOpenAutoFocus={event => {
            event.preventDefault()
            heading.current?.focus()
          }}
          onCloseAutoFocus={event => {
            event.preventDefault()
            if (opener instanceof HTMLElement) opener.focus()
          }}
          className="fixed inset-0 z-50 flex flex-col bg-page outline-none"
          {...swipe}
        >
          <div className="flex items-center gap-1 border-line border-b px-4 py-2">
            <Dialog.Title
              ref={heading}
              tabIndex={-1}
              className="min-w-0 grow truncate font-semibold outline-none"
            >
              <Name text={name} />
            </Dialog.Title>
            <Button
              look="quiet"
              size="icon"
              aria-label={t('reader.get', { name: shown })}
              onClick={() => onGet(file)}
            >
              <Download />
            </Button>
            <Dialog.Close asChild>
              <Button look="quiet" size="icon" aria-label={t('play.close')} className="-me-2">
                <X />
              </Button>
            </Dialog.Close>
          </div>
          <div className="flex min-h-0 grow flex-col items-center justify-center gap-3 p-3 sm:p-6">
            {state === 'failed' ? (
              <Notice tone="amber" role="alert" className="max-w-prose">
                <p>{t('play.failed')}</p>
              </Notice>
            ) : (
              <Screen
                key={index}
                kind={media.kind}
                src={playUrl(infoHash, index, name)}
                name={shown}
                subtitles={subtitles}
                onReady={() => setReached({ at, state: 'ready' })}
                onFailed={() => setReached({ at, state: 'failed' })}
                onEnded={onEnded}
              />
            )}
            {state === 'loading' && (
              <p role="status" className="text-muted text-sm">
                {t('play.loading')}
              </p>
            )}
          </div>
          {list.length > 1 && (
            <div className="flex items-center justify-center gap-4 border-line border-t px-4 py-2">
              <Button look="quiet" size="icon" aria-label={t('play.previous')} onClick={() => move(-1)}>
                <ChevronLeft className="rtl:-scale-x-100" />
              </Button>
              <p role="status" className="min-w-24 text-center text-muted text-sm tabular-nums">
                {t('play.position', { at: format.count(at + 1), total: format.count(list.length) })}
                <span className="sr-only">: {shown}</span>
              </p>
              <Button look="quiet" size="icon" aria-label={t('play.next')} onClick={() => move(1)}>
                <ChevronRight className="rtl:-scale-x-100" />
              </Button>
            </div>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
