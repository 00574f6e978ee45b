'use client'

import { useTranslations } from 'next-intl'
import { useCallback, useMemo, useState } from 'react'
import { AdminClient } from '../../lib/api/admin.ts'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import { useOperatorKey } from '../../lib/react/admin/use-operator-key.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Button } from '../ui/button.tsx'
import { AuditPanel } from './audit-panel.tsx'
import { BlocksPanel } from './blocks-panel.tsx'
import { KeyForm } from './key-form.tsx'
import { NodesPanel } from './nodes-panel.tsx'
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
  // Together, so that what shows only the nodes of a cluster moves nothing when it comes.
  const load = useCallback(() => Promise.all([client.overview(), client.nodes()]), [client])
  const server = useLoaded(load)
  const [turn, setTurn] = useState(0)
  const reload = () => {
    server.reload()
    setTurn(turn + 1)
  }
  if (server.value === null) {
    return (
      <div className="space-y-4">
        {server.error ? (
          <ErrorNotice code={server.error.code} detail={server.error.detail} audience="reader" />
        ) : (
          <p role="status" className="text-muted">
            {t('loading')}
          </p>
        )}
        <Button onClick={onLeave}>{t('leave')}</Button>
      </div>
    )
  }
  const [overview, cluster] = server.value
  const common = { client, turn, onChanged: reload }
  return (
    <>
      <div className="flex flex-wrap items-center gap-3" data-operator={overview.operator}>
        <p className="me-auto text-muted">{t('signedIn', { name: overview.operator })}</p>
        <Button onClick={reload}>{t('refresh')}</Button>
        <Button onClick={onLeave}>{t('leave')}</Button>
      </div>
      {server.error && <ErrorNotice code={server.error.code} audience="reader" />}
      <OverviewPanel overview={overview} />
      <NodesPanel cluster={cluster} />
      <ReportsPanel {...common} />
      <SharesPanel {...common} />
      <BlocksPanel {...common} />
      <TokensPanel {...common} />
      <AuditPanel {...common} />
    </>
  )
}
