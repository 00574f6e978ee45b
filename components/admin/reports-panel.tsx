'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useCallback, useState } from 'react'
import { toAppError } from '../../lib/base/errors.ts'
import type { Reports } from '../../lib/protocol/admin.ts'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import { useErrorText } from '../../lib/react/page/use-error-text.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { Button } from '../ui/button.tsx'
import { BlockDialog, type Suspect } from './block-dialog.tsx'
import { type PanelProps, Row, Rows, Section, utc } from './panel.tsx'

type Report = Reports['reports'][number]

/** What people reported, and what can be done about it. */
export function ReportsPanel({ client, onChanged, turn }: PanelProps) {
  const t = useTranslations('admin')
  const textOf = useErrorText('reader')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads again
  const load = useCallback(() => client.reports(null), [client, turn])
  const { error, extend, value } = useLoaded(load)
  const [suspect, setSuspect] = useState<Suspect | null>(null)
  const nameOf = (report: Report) => report.name || (report.name === null ? t('gone') : report.infoHash)
  const close = async (report: Report) => {
    try {
      await client.closeReport(report.id)
      toast.show(t('reportClosed'))
    } catch (reason) {
      toast.error(textOf(toAppError(reason).code))
    }
    onChanged()
  }
  const more = (before: number) =>
    extend(async ({ reports }) => {
      const next = await client.reports(before)
      return { ...next, reports: [...reports, ...next.reports] }
    })
  return (
    <Section name="reports" title={t('reports')}>
      <Rows
        error={error}
        count={value?.reports.length ?? null}
        empty={t('noReports')}
        onMore={value?.next ? () => more(value.next ?? 0) : null}
      >
        {value?.reports.map(report => (
          <Row
            key={report.id}
            id={String(report.id)}
            actions={
              <>
                <Button
                  look="danger"
                  aria-label={t('blockOf', { name: nameOf(report) })}
                  onClick={() => setSuspect({ infoHash: report.infoHash as InfoHash, name: nameOf(report) })}
                >
                  {t('block')}
                </Button>
                <Button
                  aria-label={t('closeReportOf', { name: nameOf(report) })}
                  onClick={() => close(report)}
                >
                  {t('closeReport')}
                </Button>
              </>
            }
          >
            <p className="font-semibold">
              <Link href={`/d/${report.infoHash}`} prefetch={false} className="underline underline-offset-4">
                <Name text={nameOf(report)} />
              </Link>
            </p>
            <p className="text-muted text-sm">
              {t('reportedAt', { reason: t(`reasons.${report.reason}`), time: utc(report.at) })}
            </p>
            {report.details !== '' && (
              <p className="whitespace-pre-line">
                <Name text={report.details} lines />
              </p>
            )}
            {report.contact !== '' && (
              <p className="text-sm">
                <Name text={t('answerTo', { contact: report.contact })} />
              </p>
            )}
          </Row>
        ))}
      </Rows>
      {suspect && (
        <BlockDialog
          client={client}
          suspect={suspect}
          onChanged={onChanged}
          onClose={() => setSuspect(null)}
        />
      )}
    </Section>
  )
}
