import { useTranslations } from 'next-intl'
import { SENDER_NAME_MAX } from '../../lib/receive/delivery.ts'
import { ConnectChoice } from '../connect/connect-choice.tsx'
import { ChosenFiles, type ChosenFilesProps } from '../publish/chosen-files.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'

/** Before sending: the content of a form with the field `name`. */
export function SendReview({ label, ...chosen }: ChosenFilesProps & { readonly label: string }) {
  const t = useTranslations('receive')
  return (
    <>
      <ChosenFiles {...chosen} level={2} />
      <div className="card px-4 py-3 sm:px-5">
        <TextField
          name="name"
          label={t('yourName')}
          hint={t('yourNameHint')}
          maxLength={SENDER_NAME_MAX}
          autoComplete="name"
        />
      </div>
      <ConnectChoice />
      <div className="space-y-1 text-muted text-sm">
        <p>{t('stay')}</p>
        <p>{t('private')}</p>
      </div>
      <div className="sticky bottom-0 -mx-4 border-line border-t bg-page px-4 py-3">
        <Button type="submit" look="primary" size="large" className="w-full sm:w-auto sm:min-w-64">
          {label}
        </Button>
      </div>
    </>
  )
}
