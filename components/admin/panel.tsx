import { useTranslations } from 'next-intl'
import { type ReactNode, useId } from 'react'
import type { AdminClient } from '../../lib/api/admin.ts'
import type { AppError } from '../../lib/base/errors.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Button } from '../ui/button.tsx'

/** What every panel of `/admin` gets. */
export interface PanelProps {
  readonly client: AdminClient
  /** Changes when everything is to be loaded again. */
  readonly turn: number
  /** Something was changed that other panels show. */
  readonly onChanged: () => void
}

interface SectionProps {
  readonly name: string
  readonly title: string
  readonly children: ReactNode
}

/** One subject, with a heading of its own. */
export function Section({ children, name, title }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} data-panel={name} className="card space-y-4 p-4 sm:p-5">
      <h2 id={id} className="font-semibold text-xl">
        {title}
      </h2>
      {children}
    </section>
  )
}

interface RowsProps {
  readonly error: AppError | null
  /** Null while nothing has arrived. */
  readonly count: number | null
  readonly empty: string
  /** Fetches the next of them; null: there are none. */
  readonly onMore?: (() => void) | null
  readonly children: ReactNode
}

/** A list that arrives, and may be empty or have more. */
export function Rows({ children, count, empty, error, onMore = null }: RowsProps) {
  const t = useTranslations('admin')
  return (
    <>
      {error && <ErrorNotice code={error.code} detail={error.detail} audience="reader" />}
      {count === null && !error && (
        <p role="status" className="text-muted">
          {t('loading')}
        </p>
      )}
      {count === 0 && <p className="text-muted">{empty}</p>}
      {count !== null && count > 0 && (
        <ul data-rows={count} className="divide-y divide-line border-line border-y">
          {children}
        </ul>
      )}
      {onMore && <Button onClick={onMore}>{t('more')}</Button>}
    </>
  )
}

/** One of a list: what it is, and what can be done with it. */
export function Row({
  actions,
  children,
  id,
}: {
  readonly id: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <li data-row={id} className="flex flex-wrap items-center justify-between gap-3 py-3">
      <div className="min-w-0 grow basis-64 space-y-0.5 [overflow-wrap:anywhere]">{children}</div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </li>
  )
}

/** `2026-01-02 03:04 UTC`, the same for everybody who runs the server. */
export const utc = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`
