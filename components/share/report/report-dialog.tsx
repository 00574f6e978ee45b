'use client'

import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { reportShare } from '../../../lib/api/report.ts'
import { type AppError, toAppError } from '../../../lib/base/errors.ts'
import {
  REPORT_CONTACT_MAX,
  REPORT_DETAILS_MAX,
  REPORT_REASONS,
  type ReportReason,
} from '../../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'

interface ReportDialogProps {
  readonly infoHash: InfoHash
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

type Progress = 'writing' | 'sending' | 'sent'

/** What is wrong with a share, for the people who run this server. */
export function ReportDialog({ infoHash, onOpenChange, open }: ReportDialogProps) {
  const t = useTranslations('report')
  const [reason, setReason] = useState<ReportReason>('malware')
  const [progress, setProgress] = useState<Progress>('writing')
  const [error, setError] = useState<AppError | null>(null)

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setProgress('sending')
    setError(null)
    try {
      const text = (name: string) => String(form.get(name) ?? '')
      await reportShare(infoHash, { reason, details: text('details'), contact: text('contact') })
      setProgress('sent')
    } catch (failure) {
      setError(toAppError(failure))
      setProgress('writing')
    }
  }

  const change = (next: boolean) => {
    onOpenChange(next)
    if (!next && progress === 'sent') setProgress('writing')
  }

  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title={t('title')}
      description={t('lead')}
      closeLabel={t('close')}
    >
      {progress === 'sent' ? (
        <div className="mt-4 space-y-4" data-report="sent">
          <Notice tone="green" role="status" title={t('sent')}>
            <p>{t('sentText')}</p>
          </Notice>
          <Button look="primary" onClick={() => change(false)}>
            {t('close')}
          </Button>
        </div>
      ) : (
        <form onSubmit={send} className="mt-4 space-y-4" data-report={progress}>
          <Choice
            label={t('reason')}
            values={REPORT_REASONS}
            value={reason}
            nameOf={each => t(`reasons.${each}`)}
            onChange={setReason}
          />
          <TextArea
            label={t('details')}
            hint={t('detailsHint')}
            name="details"
            maxLength={REPORT_DETAILS_MAX}
          />
          <TextField
            label={t('contact')}
            hint={t('contactHint')}
            name="contact"
            autoComplete="email"
            maxLength={REPORT_CONTACT_MAX}
          />
          {error && <ErrorNotice audience="reader" code={error.code} detail={error.detail} />}
          <div className="flex flex-wrap gap-3">
            <Button look="primary" type="submit" disabled={progress === 'sending'}>
              {t('send')}
            </Button>
            <Button onClick={() => change(false)}>{t('cancel')}</Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
