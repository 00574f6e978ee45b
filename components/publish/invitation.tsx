import { Ticket } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { FormEvent } from 'react'
import type { useInvitation } from '../../lib/react/publisher/use-invitation.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'

type Invitation = ReturnType<typeof useInvitation>

/** What stands between somebody and publishing on this server, and the way past it; nothing if they may. */
export function InvitationGate({ invitation }: { readonly invitation: Invitation }) {
  const { error, may } = invitation
  if (may === 'needs-invitation') return <InvitationForm {...invitation} />
  if (may === 'needs-sign-in') return <ErrorNotice code="sign_in_missing" />
  return error && error.code !== 'server_unreachable' ? <ErrorNotice code={error.code} /> : null
}

function InvitationForm({ enter, error, isBusy }: Invitation) {
  const t = useTranslations('invitation')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('invitation') ?? '')
    if (!isBusy && text.trim() !== '') enter(text)
  }
  return (
    <section data-state="needs-invitation" className="card space-y-4 p-5 sm:p-8">
      <div className="flex gap-4">
        <Ticket aria-hidden="true" className="mt-1 size-7 shrink-0 text-leaf" />
        <div>
          <h2 className="font-semibold text-2xl">{t('title')}</h2>
          <p className="mt-1 text-muted">{t('why')}</p>
        </div>
      </div>
      {error && error.code !== 'token_missing' && <ErrorNotice code={error.code} />}
      <form onSubmit={submit} className="space-y-4">
        <TextField
          name="invitation"
          label={t('field')}
          hint={t('hint')}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <Button type="submit" look="primary" size="large" disabled={isBusy} className="w-full sm:w-auto">
          {t('enter')}
        </Button>
      </form>
    </section>
  )
}

/** As whom this browser publishes, and how much of it is left; nothing on a server where everybody may. */
export function InvitedAs({ invitation: { change, may, publisher } }: { readonly invitation: Invitation }) {
  const t = useTranslations('invitation')
  const errors = useTranslations('errors')
  if (may !== 'yes' || publisher === null) return null
  const { name, shares, sharesMax } = publisher
  const isUsedUp = sharesMax !== null && shares >= sharesMax
  return (
    <>
      {isUsedUp && (
        <Notice tone="amber" role="status" data-error="token_used_up">
          <p>{errors('token_used_up')}</p>
        </Notice>
      )}
      <p
        data-publisher={name}
        className="flex flex-wrap items-center gap-x-3 text-muted text-sm [overflow-wrap:anywhere]"
      >
        {t('as', { name: visibleName(name) })}
        {sharesMax !== null && ` · ${t('taken', { shares, most: sharesMax })}`}
        {change && (
          <Button look="quiet" onClick={change} className="-mx-4">
            {t('other')}
          </Button>
        )}
      </p>
    </>
  )
}
