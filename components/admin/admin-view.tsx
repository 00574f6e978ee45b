'use client'

import { useTranslations } from 'next-intl'
import { useMemo, useState } from 'react'
import { AdminClient } from '../../lib/api/admin.ts'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import { useOperatorKey } from '../../lib/react/admin/use-operator-key.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Button } from '../ui/button.tsx'
import { AuditPanel } from './audit-panel.tsx'
import { BlocksPanel } from './blocks-panel.tsx'
import { KeyForm } from './key-form.tsx'
import { OverviewPanel } from './overview-panel.tsx'
import { ReportsPanel } from './reports-panel.tsx'
import { SharesPanel } from './shares-panel.tsx'
import { TokensPanel } from './tokens-panel.tsx'

/** What whoever runs the server can see and do. Nothing is asked of it before there is a key. */
export function AdminView({ hasKeys }: { readonly hasKeys: boolean }) {
  const t = useTranslations('admin')
  const { keep, key } = useOperatorKey()
  return (
    <div className="space-y-6 pt-4 pb-8 sm:pt-8" data-admin={key ? 'key' : 'none'}>
      <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
      {!hasKeys && <p className="max-w-prose text-lg text-muted">{t('noOperators')}</p>}
      {hasKeys && key === null && <KeyForm onKey={keep} />}
      {hasKeys && key && <Administration key={key} operatorKey={key} onLeave={() => keep(null)} />}
    </div>
  )
}

interface AdministrationProps {
  readonly operatorKey: string
  readonly onLeave: () => void
}

function Administration({ onLeave, operatorKey }: AdministrationProps) {
  const t = useTranslations('admin')
  const client = useMemo(() => new AdminClient(operatorKey), [operatorKey])
  const overview = useLoaded(client.overview)
  const [turn, setTurn] = useState(0)
  const reload = () => {
    overview.reload()
    setTurn(turn + 1)
  }
  if (overview.value === null) {
    return (
      <div className="space-y-4">
        {overview.error ? (
          <ErrorNotice code={overview.error.code} detail={overview.error.detail} audience="reader" />
        ) : (
          <p role="status" className="text-muted">
            {t('loading')}
          </p>
        )}
        <Button onClick={onLeave}>{t('leave')}</Button>
      </div>
    )
  }
  const common = { client, turn, onChanged: reload }
  return (
    <>
      <div className="flex flex-wrap items-center gap-3" data-operator={overview.value.operator}>
        <p className="me-auto text-muted">{t('signedIn', { name: overview.value.operator })}</p>
        <Button onClick={reload}>{t('refresh')}</Button>
        <Button onClick={onLeave}>{t('leave')}</Button>
      </div>
      {overview.error && <ErrorNotice code={overview.error.code} audience="reader" />}
      <OverviewPanel overview={overview.value} />
      <ReportsPanel {...common} />
      <SharesPanel {...common} />
      <BlocksPanel {...common} />
      <TokensPanel {...common} />
      <AuditPanel {...common} />
    </>
  )
}
