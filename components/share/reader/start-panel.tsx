import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef } from 'react'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { Button } from '../../ui/button.tsx'
import type { ShareFile } from '../share-files.tsx'

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
  aside,
}: StartPanelProps) {
  const t = useTranslations('reader')
  const format = useFormat()
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
        disabled={starting}
      >
        <Download aria-hidden="true" />
        {starting ? t('starting') : t('download', { size })}
      </Button>
      <p className="text-center text-muted">
        {wanted.length < files.length
          ? t('selected', { selected: format.count(wanted.length), total: files.length })
          : t('promise')}
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
