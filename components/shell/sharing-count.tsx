'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useEffect } from 'react'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useWakeLock } from '../../lib/react/page/use-wake-lock.ts'
import { useOwnSwarms, useSwarms } from '../../lib/react/share/use-swarm.ts'
import { startSession } from '../../lib/session/start.ts'

/** Whether closing the tab loses what nobody else has, or what is not on disk yet. */
function wouldBeLost({ role, state, copies, downloaded, keptIn, saved }: SwarmSnapshot): boolean {
  if (role === 'publisher') return state === 'seeding' && copies < 1
  return keptIn === 'disk' ? false : downloaded > 0 && !saved
}

const isTransferring = ({ downloadRate, uploadRate }: SwarmSnapshot): boolean => downloadRate + uploadRate > 0

/**
 * How many shares this browser takes part in. Being on every page, it also goes on with what the last tab left, asks
 * before something is lost with this one, and keeps the computer awake while something moves.
 */
export function SharingCount() {
  const t = useTranslations('shell')
  const swarms = useSwarms()
  const own = useOwnSwarms()
  useEffect(startSession, [])
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
