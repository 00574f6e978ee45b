'use client'

import { useTranslations } from 'next-intl'
import { type FormEvent, useCallback, useState } from 'react'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import type { CreatedToken, PublishToken } from '../../lib/protocol/publishing.ts'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { CopyField } from '../common/copy-field.tsx'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { type PanelProps, Row, Rows, Section } from './panel.tsx'

const GB = 1e9

/** Fields that may stay empty: no limit. */
const LIMITS = [
  { name: 'shares', label: 'tokenShares', min: 1, max: 1_000_000 },
  { name: 'days', label: 'tokenDays', min: 1, max: 36_500 },
  { name: 'gigabytes', label: 'tokenGigabytes', min: 0.001, step: 'any' },
] as const

/** Who may publish, where that takes an invitation. */
export function TokensPanel({ client, onChanged, turn }: PanelProps) {
  const t = useTranslations('admin')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads again
  const load = useCallback(() => client.tokens(), [client, turn])
  const { error, value } = useLoaded(load)
  const [made, setMade] = useState<CreatedToken | null>(null)
  const [failure, setFailure] = useState<AppError | null>(null)
  const [revoking, setRevoking] = useState<PublishToken | null>(null)

  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { submitter } = event.nativeEvent as SubmitEvent
    const form = event.currentTarget
    const fields = new FormData(form)
    const text = (name: string) => String(fields.get(name) ?? '')
    const [shares, days, gigabytes] = [text('shares'), text('days'), text('gigabytes')].map(Number)
    try {
      const token = await client.createToken({
        name: text('name'),
        kind: submitter?.getAttribute('value') === 'token' ? 'token' : 'invitation',
        ...(shares && { shares }),
        ...(days && { days }),
        ...(gigabytes && { bytes: Math.round(gigabytes * GB) }),
      })
      form.reset()
      setMade(token)
      setFailure(null)
      onChanged()
    } catch (reason) {
      setFailure(toAppError(reason))
    }
  }

  return (
    <Section name="tokens" title={t('tokens')}>
      <p className="text-muted">{t('tokensHint')}</p>
      <form onSubmit={create} className="space-y-4">
        <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
          <TextField label={t('tokenName')} hint={t('tokenNameHint')} name="name" maxLength={100} required />
          {LIMITS.map(({ label, ...field }) => (
            <TextField
              key={field.name}
              label={t(label)}
              hint={t('tokenEmptyHint')}
              type="number"
              {...field}
            />
          ))}
        </div>
        <div className="flex flex-wrap gap-3">
          <Button look="primary" type="submit" name="kind" value="invitation">
            {t('createInvitation')}
          </Button>
          <Button type="submit" name="kind" value="token">
            {t('createToken')}
          </Button>
        </div>
      </form>
      {failure && <ErrorNotice code={failure.code} detail={failure.detail} audience="reader" />}
      {made && (
        <CopyField
          label={made.link === null ? t('newToken') : t('newLink')}
          value={made.link ?? made.secret ?? ''}
          copyLabel={t('copy')}
          look="primary"
        />
      )}
      <Rows error={error} count={value?.length ?? null} empty={t('noTokens')}>
        {value?.map(token => (
          <TokenRow key={token.id} token={token} onRevoke={() => setRevoking(token)} />
        ))}
      </Rows>
      {revoking && (
        <RevokeDialog
          token={revoking}
          onClose={() => setRevoking(null)}
          onRevoke={async () => {
            await client.revokeToken(revoking.id)
            toast.show(t('revoked'))
            onChanged()
          }}
        />
      )}
    </Section>
  )
}

function TokenRow({ onRevoke, token }: { readonly token: PublishToken; readonly onRevoke: () => void }) {
  const t = useTranslations('admin')
  const format = useFormat()
  const { bytes, bytesMax, expiresAt, id, name, shares, sharesMax, state } = token
  const facts = [
    t(`states.${state}`),
    sharesMax === null
      ? t('tokenShareCountAny', { count: shares })
      : t('tokenShareCount', { count: format.count(shares), max: format.count(sharesMax) }),
    bytesMax === null
      ? t('tokenBytesAny', { size: format.bytes(bytes) })
      : t('tokenBytes', { size: format.bytes(bytes), max: format.bytes(bytesMax) }),
    ...(expiresAt === null ? [] : [t('tokenUntil', { date: expiresAt.slice(0, 10) })]),
  ]
  return (
    <Row
      id={id}
      actions={
        state !== 'revoked' && (
          <Button aria-label={t('revokeOf', { name })} onClick={onRevoke}>
            {t('revoke')}
          </Button>
        )
      }
    >
      <p className="font-semibold">
        <Name text={name} />
      </p>
      <p className="text-muted text-sm tabular-nums" data-token={state}>
        {facts.join(' · ')}
      </p>
    </Row>
  )
}

interface RevokeDialogProps {
  readonly token: PublishToken
  readonly onRevoke: () => Promise<void>
  readonly onClose: () => void
}

function RevokeDialog({ onClose, onRevoke, token }: RevokeDialogProps) {
  const t = useTranslations('admin')
  const [error, setError] = useState<AppError | null>(null)
  return (
    <Dialog
      open
      onOpenChange={open => !open && onClose()}
      title={t('revokeTitle')}
      description={t('revokeLead')}
    >
      <div className="mt-4 space-y-4">
        <p className="font-semibold">
          <Name text={token.name} />
        </p>
        {error && <ErrorNotice code={error.code} detail={error.detail} audience="reader" />}
        <div className="flex flex-wrap gap-3">
          <Button
            look="danger"
            onClick={() => onRevoke().then(onClose, reason => setError(toAppError(reason)))}
          >
            {t('revoke')}
          </Button>
          <Button onClick={onClose}>{t('cancel')}</Button>
        </div>
      </div>
    </Dialog>
  )
}
