'use client'

import { useTranslations } from 'next-intl'
import type { ErrorCode } from '../../lib/errors.ts'
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
  return (
    <Notice tone="red" role="alert" data-error={code}>
      <p>{t(code)}</p>
      {detail && (
        <p className="break-words text-muted text-sm [overflow-wrap:anywhere]">
          <Name text={detail} />
        </p>
      )}
    </Notice>
  )
}
