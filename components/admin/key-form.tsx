import { useTranslations } from 'next-intl'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'

/** Asks for an operator's key. */
export function KeyForm({ onKey }: { readonly onKey: (key: string) => void }) {
  const t = useTranslations('admin')
  return (
    <form
      className="card max-w-lg space-y-4 p-4 sm:p-5"
      onSubmit={event => {
        event.preventDefault()
        const key = String(new FormData(event.currentTarget).get('key') ?? '').trim()
        if (key !== '') onKey(key)
      }}
    >
      <p className="text-muted">{t('keyLead')}</p>
      <TextField
        label={t('keyLabel')}
        hint={t('keyHint')}
        name="key"
        type="password"
        autoComplete="current-password"
        required
      />
      <Button look="primary" type="submit">
        {t('enter')}
      </Button>
    </form>
  )
}
