import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { useInvitation } from '../../lib/react/publisher/use-invitation.ts'
import { ASK_TITLE_MAX } from '../../lib/receive/delivery.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { InvitationGate } from '../publish/invitation.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'

/** Makes a link to send files with; where not everybody may publish, for who may. */
export function AskForm({ onAsk }: { readonly onAsk: (title: string) => Promise<void> }) {
  const t = useTranslations('receive')
  const invitation = useInvitation(useTerms().publish)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<AppError | null>(null)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isBusy) return
    const form = event.currentTarget
    setBusy(true)
    setError(null)
    try {
      await onAsk(String(new FormData(form).get('title') ?? ''))
      form.reset()
    } catch (reason) {
      const failure = toAppError(reason)
      setError(failure)
      invitation.refuse(failure)
    } finally {
      setBusy(false)
    }
  }
  if (invitation.may === 'needs-invitation' || invitation.may === 'needs-sign-in') {
    return <InvitationGate invitation={invitation} />
  }
  const { publisher } = invitation
  const hasQuota = publisher ? publisher.sharesMax !== null || publisher.bytesMax !== null : undefined
  return (
    <form data-quota={hasQuota} onSubmit={submit} className="space-y-4 pb-1">
      {error && <ErrorNotice code={error.code} detail={error.detail} />}
      <TextField
        name="title"
        label={t('what')}
        hint={t('whatHint')}
        maxLength={ASK_TITLE_MAX}
        autoComplete="off"
      />
      {hasQuota && <p className="text-muted text-sm">{t('counts')}</p>}
      <Button type="submit" look="primary" size="large" disabled={isBusy} className="w-full sm:w-auto">
        {t('make')}
      </Button>
    </form>
  )
}
