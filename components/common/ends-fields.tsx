'use client'

import { useTranslations } from 'next-intl'
import { LIFETIMES, type Terms } from '../../lib/protocol/publishing.ts'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { SelectField } from '../ui/field.tsx'

const DOWNLOADS = [1, 5, 10, 50, 100]

interface EndsFieldsProps {
  /** What is chosen to begin with: what the operator does by default, or what is. */
  readonly start: 'default' | 'keep'
}

/** When a link ends: the fields of a form that `endsOf` reads. */
export function EndsFields({ start }: EndsFieldsProps) {
  const t = useTranslations('ends')
  const { expiryDefault, expiryMax } = useTerms()
  const keep = start === 'keep' ? [{ value: 'keep', label: t('keep') }] : []
  const lifetimes = lifetimesOf({ expiryDefault, expiryMax })
  return (
    <div className="grid gap-4 sm:grid-cols-2 sm:items-end">
      <SelectField
        name="expiresIn"
        label={t('time')}
        hint={t(start === 'keep' ? 'fromNow' : 'timeHint')}
        defaultValue={start === 'keep' ? 'keep' : String(expiryDefault ?? expiryMax ?? 'never')}
        options={[
          ...keep,
          ...(expiryMax === null ? [{ value: 'never', label: t('never') }] : []),
          ...lifetimes.map(seconds => ({ value: String(seconds), label: lifetimeLabel(seconds) })),
        ]}
      />
      <SelectField
        name="downloadsMax"
        label={t('downloads')}
        hint={t('downloadsHint')}
        defaultValue={start === 'keep' ? 'keep' : 'any'}
        options={[
          ...keep,
          { value: 'any', label: t('any') },
          ...DOWNLOADS.map(count => ({ value: String(count), label: t('count', { count }) })),
        ]}
      />
    </div>
  )

  function lifetimeLabel(seconds: number): string {
    const isHours = seconds < 86_400 || seconds % 86_400 !== 0
    return isHours ? t('hours', { count: seconds / 3600 }) : t('days', { count: seconds / 86_400 })
  }
}

/** Usual ones that the operator allows, with those that the operator chose. */
function lifetimesOf({ expiryDefault, expiryMax }: Pick<Terms, 'expiryDefault' | 'expiryMax'>): number[] {
  const all = [...LIFETIMES, expiryDefault, expiryMax].filter(seconds => seconds !== null)
  const allowed = all.filter(seconds => expiryMax === null || seconds <= expiryMax)
  return [...new Set(allowed)].sort((a, b) => a - b)
}
