'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { SwarmSnapshot } from '../../lib/engine/snapshot.ts'
import { useLeaveWarning } from '../../lib/react/use-leave-warning.ts'
import { useSwarms } from '../../lib/react/use-swarm.ts'

/** Whether closing the tab loses what nobody else has, or a download of which nothing was saved. */
function wouldBeLost({ role, state, copies, downloaded, saved }: SwarmSnapshot): boolean {
  if (role === 'publisher') return state === 'seeding' && copies < 1
  return downloaded > 0 && !saved
}

/** How many shares this tab takes part in. It also asks before something is lost with the tab. */
export function SharingCount() {
  const t = useTranslations('shell')
  const swarms = useSwarms()
  useLeaveWarning(swarms.some(wouldBeLost))
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
