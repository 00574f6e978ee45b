'use client'

import { useTranslations } from 'next-intl'
import { useCallback } from 'react'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import { Name } from '../common/name.tsx'
import { type PanelProps, Row, Rows, Section, utc } from './panel.tsx'

/** Who did what, when and why. */
export function AuditPanel({ client, turn }: PanelProps) {
  const t = useTranslations('admin')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads again
  const load = useCallback(() => client.audit(null), [client, turn])
  const { error, extend, value } = useLoaded(load)
  const more = (before: number) =>
    extend(async ({ entries }) => {
      const next = await client.audit(before)
      return { ...next, entries: [...entries, ...next.entries] }
    })
  type Act = Parameters<typeof t.has>[0]
  const nameOf = (act: string) => (t.has(`acts.${act}` as Act) ? t(`acts.${act}` as 'acts.block') : act)
  return (
    <Section name="audit" title={t('audit')}>
      <Rows
        error={error}
        count={value?.entries.length ?? null}
        empty={t('noAudit')}
        onMore={value?.next ? () => more(value.next ?? 0) : null}
      >
        {value?.entries.map(({ act, at, by, id, infoHash, why }) => (
          <Row key={id} id={String(id)}>
            <p>
              <span className="font-semibold">{by}</span> {nameOf(act)}
              {why !== '' && (
                <>
                  : <Name text={why} />
                </>
              )}
            </p>
            <p className="text-muted text-sm">
              {utc(at)} {infoHash && <code className="text-xs">{infoHash}</code>}
            </p>
          </Row>
        ))}
      </Rows>
    </Section>
  )
}
