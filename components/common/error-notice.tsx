'use client'

import { useEffect, useRef } from 'react'
import type { ErrorCode } from '../../lib/base/errors.ts'
import { type Audience, useErrorText } from '../../lib/react/page/use-error-text.ts'
import { Notice } from '../ui/notice.tsx'
import { Name } from './name.tsx'

interface ErrorNoticeProps {
  readonly code: ErrorCode
  /** The file or address concerned; in English, and partly other people's text. */
  readonly detail?: string
  readonly audience?: Audience
}

/** What happened, whether anything is lost, and the next step; screen readers announce it at once. */
export function ErrorNotice({ audience = 'publisher', code, detail }: ErrorNoticeProps) {
  const textOf = useErrorText(audience)
  const notice = useRef<HTMLDivElement>(null)
  // A long list may have pushed it out of view.
  useEffect(() => {
    notice.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <Notice ref={notice} tone="red" role="alert" data-error={code}>
      <p>{textOf(code)}</p>
      {detail && (
        <p className="break-words text-muted text-sm [overflow-wrap:anywhere]">
          <Name text={detail} />
        </p>
      )}
    </Notice>
  )
}
