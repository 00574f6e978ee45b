import { BellRing } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Button } from '../../ui/button.tsx'
import type { Return } from './use-return.ts'

/** "Tell me when it is back", and how it will be said. */
export function TellWhenBack({ comes }: { readonly comes: Return }) {
  const t = useTranslations('reader.back')
  if (comes.told) {
    return (
      <p role="status" data-told={comes.told} className="text-muted">
        {t(comes.told === 'notification' ? 'byNotification' : 'byTitle')}
      </p>
    )
  }
  return (
    <Button onClick={() => void comes.tellMe()}>
      <BellRing aria-hidden="true" />
      {t('ask')}
    </Button>
  )
}
