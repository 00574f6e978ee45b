import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef } from 'react'
import type { Presence } from '../../../lib/protocol/presence.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useIsServerOnly } from '../../../lib/react/page/use-missing-capability.ts'
import { Button } from '../../ui/button.tsx'
import type { ShareFile } from '../share-files.tsx'
import { PresenceLine } from './presence-line.tsx'
import { TellWhenBack } from './tell-when-back.tsx'
import type { Return } from './use-return.ts'

interface StartPanelProps {
  readonly files: readonly ShareFile[]
  readonly wanted: readonly ShareFile[]
  /** Pressed, but not yet in the swarm. */
  readonly starting: boolean
  readonly onStart: () => void
  /** A start is likely: the panel is shown, or about to be used. */
  readonly onLikely: () => void
  /** Another action on the page is more likely, as for the publisher. */
  readonly secondary?: boolean
  readonly presence: Presence
  readonly comes: Return
  /** Shown below the button. */
  readonly aside?: ReactNode
}

/** The download button. */
export function StartPanel({
  files,
  wanted,
  starting,
  onStart,
  onLikely,
  secondary = false,
  presence,
  comes,
  aside,
}: StartPanelProps) {
  const t = useTranslations('reader')
  const format = useFormat()
  const isServerOnly = useIsServerOnly()
  const likely = useRef(onLikely)
  useEffect(() => {
    likely.current = onLikely
  })
  useEffect(() => {
    if (isSavingData() || document.visibilityState === 'hidden') return
    return whenIdle(() => likely.current())
  }, [])
  const size = format.bytes(wanted.reduce((sum, { length }) => sum + length, 0))
  return (
    <section className="card space-y-3 p-4 sm:p-6 noscript:hidden">
      <Button
        look={secondary ? 'secondary' : 'primary'}
        size="large"
        className="w-full"
        onClick={onStart}
        onPointerEnter={onLikely}
        onFocus={onLikely}
        disabled={starting || wanted.length === 0}
      >
        <Download aria-hidden="true" />
        {starting ? t('starting') : t('download', { size })}
      </Button>
      <div className="flex justify-center">
        <PresenceLine presence={presence} />
      </div>
      {presence.presence === 'away' && (
        <div className="flex flex-col items-center gap-3 text-center">
          <p className="text-muted">{t('presence.awayText')}</p>
          <TellWhenBack comes={comes} />
        </div>
      )}
      <p className="text-center text-muted empty:hidden">
        {wanted.length === 0
          ? t('nothing')
          : wanted.length < files.length
            ? t('selected', { selected: format.count(wanted.length), total: files.length })
            : presence.presence !== 'away' && !isServerOnly && t('promise')}
      </p>
      {aside && <div className="flex justify-center">{aside}</div>}
    </section>
  )
}

/** Whether the person has asked for less traffic (Save-Data). */
function isSavingData(): boolean {
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } }
  return connection?.saveData === true
}

/** Calls `work` when the page has nothing else to do; returns how to forget it. */
function whenIdle(work: () => void): () => void {
  // Safari has no idle callbacks.
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(work, 200)
    return () => clearTimeout(timer)
  }
  const handle = requestIdleCallback(work, { timeout: 1_000 })
  return () => cancelIdleCallback(handle)
}
