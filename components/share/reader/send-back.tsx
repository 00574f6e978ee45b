import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useIsServerOnly } from '../../../lib/react/page/use-missing-capability.ts'
import { useTerms } from '../../../lib/react/page/use-terms.ts'

/** For a reader who has everything: where files of their own become a link. Nothing where they may not publish. */
export function SendBack() {
  const t = useTranslations('reader')
  const isServerOnly = useIsServerOnly()
  if (useTerms().publish !== 'open' || isServerOnly) return null
  return (
    <div>
      <Link
        href="/"
        prefetch={false}
        className="inline-flex min-h-11 items-center font-semibold text-ink underline decoration-edge underline-offset-4 hover:decoration-2"
      >
        {t('sendBack')}
      </Link>
      <p className="text-muted text-sm">{t('sendBackHint')}</p>
    </div>
  )
}
