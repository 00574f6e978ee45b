'use client'

import { KeyRound, LockKeyhole } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useRef } from 'react'
import type { OpenedShare } from '../../../lib/browser/sealed/seals.ts'
import type { PageShare } from '../../../lib/protocol/share.ts'
import { useMissingCapability } from '../../../lib/react/page/use-missing-capability.ts'
import { useOpenedShare } from '../../../lib/react/share/use-opened-share.ts'
import { useSwarm } from '../../../lib/react/share/use-swarm.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'

/** Errors after which another key may help. */
const KEY_ERRORS: ReadonlySet<string> = new Set(['key_missing', 'key_wrong'])

interface UnlockProps {
  readonly share: PageShare
  readonly infoHash: InfoHash
  readonly onOpen: (opened: OpenedShare) => void
}

/** The page of an encrypted share until it is open: key, password, list of files. */
export function Unlock({ infoHash, onOpen, share }: UnlockProps) {
  const t = useTranslations('sealed')
  const { opening, tryKey, tryPassword } = useOpenedShare(share, infoHash, onOpen)
  const swarm = useSwarm(infoHash)
  // A wrong password leaves the field where it was.
  const asksPassword =
    opening.state === 'needs-password' ||
    opening.state === 'unlocking' ||
    (opening.state === 'failed' && opening.error.code === 'password_wrong')
  const error = opening.state === 'failed' ? opening.error : null
  const missing = useMissingCapability(share.webSeeds)

  if (missing && !swarm) return <ErrorNotice audience="reader" code={missing} />
  if (asksPassword) {
    return (
      <section data-unlock="password" className="card space-y-4 p-4 sm:p-6">
        {error && <ErrorNotice audience="reader" code={error.code} />}
        <PasswordForm isBusy={opening.state === 'unlocking'} onPassword={tryPassword} />
      </section>
    )
  }
  if (error && KEY_ERRORS.has(error.code)) {
    return (
      <section data-unlock="key" className="card space-y-4 p-4 sm:p-6">
        <ErrorNotice audience="reader" code={error.code} />
        <KeyForm onKey={tryKey} />
      </section>
    )
  }
  if (error) {
    return (
      <section className="space-y-4">
        <ErrorNotice audience="reader" code={error.code} detail={error.detail} />
        <Button onClick={() => tryKey(location.hash.slice(1))}>{t('retry')}</Button>
      </section>
    )
  }
  const isWaiting = opening.state === 'fetching' && swarm !== undefined && swarm.state === 'waiting'
  return (
    <section data-unlock={opening.state} className="card p-4 sm:p-6">
      <p role="status" className="flex gap-3 text-muted">
        <LockKeyhole aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
        {opening.state === 'fetching' ? t('fetching') : t('opening')}
      </p>
      {isWaiting && (
        <Notice tone="amber" role="status" title={t('waiting')} className="mt-4">
          <p>{t('waitingWhy')}</p>
        </Notice>
      )}
    </section>
  )
}

function KeyForm({ onKey }: { readonly onKey: (fragment: string) => void }) {
  const t = useTranslations('sealed')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('link') ?? '').trim()
    if (text !== '') onKey(text.slice(text.indexOf('#') + 1))
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        name="link"
        label={t('link')}
        hint={t('linkHint')}
        required
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <Button type="submit" look="primary" className="w-full sm:w-auto">
        <KeyRound aria-hidden="true" />
        {t('useKey')}
      </Button>
    </form>
  )
}

function PasswordForm({
  isBusy,
  onPassword,
}: {
  readonly isBusy: boolean
  readonly onPassword: (password: string) => void
}) {
  const t = useTranslations('sealed')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password') ?? '')
    if (password !== '' && !isBusy) onPassword(password)
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        ref={field}
        name="password"
        type="password"
        label={t('password')}
        hint={t('passwordHint')}
        required
        autoComplete="off"
      />
      <Button type="submit" look="primary" className="w-full sm:w-auto">
        <KeyRound aria-hidden="true" />
        {t(isBusy ? 'trying' : 'usePassword')}
      </Button>
    </form>
  )
}
