'use client'

import { useTranslations } from 'next-intl'
import { useEffect, useRef } from 'react'
import type { ErrorCode } from '../../lib/base/errors.ts'
import { Notice } from '../ui/notice.tsx'
import { Name } from './name.tsx'

interface ErrorNoticeProps {
  readonly code: ErrorCode
  /** What it was about; English, and partly from outside. */
  readonly detail?: string
}

/** What happened, whether anything is lost, and the next step, read out at once. */
export function ErrorNotice({ code, detail }: ErrorNoticeProps) {
  const t = useTranslations('errors')
  const notice = useRef<HTMLDivElement>(null)
  // A long list may have pushed its place out of sight.
  useEffect(() => {
    notice.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <Notice ref={notice} tone="red" role="alert" data-error={code}>
      <p>{t(code)}</p>
      {detail && (
        <p className="break-words text-muted text-sm [overflow-wrap:anywhere]">
          <Name text={detail} />
        </p>
      )}
    </Notice>
  )
}
