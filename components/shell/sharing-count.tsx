'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useEffect } from 'react'
import { thisTab } from '../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useWakeLock } from '../../lib/react/page/use-wake-lock.ts'
import { useOwnSwarms, useSwarms } from '../../lib/react/share/use-swarm.ts'

/** Whether closing the tab loses the only complete copy, or bytes that are not on disk. */
function wouldBeLost({ role, state, copies, downloaded, keptIn, saved }: SwarmSnapshot): boolean {
  if (role === 'publisher') return state === 'seeding' && copies < 1
  return keptIn === 'disk' ? false : downloaded > 0 && !saved
}

const isTransferring = ({ downloadRate, uploadRate }: SwarmSnapshot): boolean => downloadRate + uploadRate > 0

/** While something runs here, or in the installed app, pages are kept for when the server is away. */
function useKeptPages(swarms: readonly SwarmSnapshot[]): void {
  const paths = swarms.map(({ infoHash }) => `/d/${infoHash}`).join(' ')
  useEffect(() => {
    if (paths === '' && !matchMedia('(display-mode: standalone)').matches) return
    // Not with the page's own scripts: nobody waits for it.
    import('../../lib/browser/kept-pages.ts')
      .then(({ keepPages }) => keepPages(paths === '' ? [] : paths.split(' ')))
      .catch(() => undefined)
  }, [paths])
}

/**
 * The number of shares that this browser takes part in. Because it is on every page, it also resumes what the last tab left,
 * warns before this tab is closed with unsaved work, and keeps the device awake during transfers.
 */
export function SharingCount() {
  const t = useTranslations('shell')
  const swarms = useSwarms()
  const own = useOwnSwarms()
  useEffect(() => {
    // Not with the page's own scripts: nobody sees it begin.
    import('../../lib/browser/session/start.ts').then(
      ({ startSession }) => startSession(thisTab()),
      // The server is away; the next page load tries again.
      () => undefined,
    )
  }, [])
  useKeptPages(swarms)
  useLeaveWarning(own.some(wouldBeLost))
  useWakeLock(own.some(isTransferring))
  if (swarms.length === 0) return null
  return (
    <Link
      href="/#sharing"
      className="flex min-h-11 items-center gap-2 rounded-control px-2 font-semibold text-sm hover:bg-sunken"
    >
      <span aria-hidden="true" className="size-2.5 rounded-full bg-leaf" />
      <span aria-hidden="true" className="tabular-nums">
        {swarms.length}
      </span>
      <span className="sr-only">{t('sharing', { count: swarms.length })}</span>
    </Link>
  )
}
