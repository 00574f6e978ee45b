import { LockKeyhole } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Disclosure } from '../../ui/disclosure.tsx'

/** Who is protected from whom, and what is not: one paragraph behind a padlock. */
export function Padlock() {
  const t = useTranslations('sealed')
  return (
    <Disclosure
      className="mt-1 max-w-prose"
      title={
        <span className="flex items-center gap-2">
          <LockKeyhole aria-hidden="true" className="size-4 shrink-0 text-leaf" />
          {t('padlock')}
        </span>
      }
    >
      <p className="text-muted text-sm">{t('protects')}</p>
    </Disclosure>
  )
}
