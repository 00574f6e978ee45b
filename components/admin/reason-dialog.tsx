'use client'

import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import { BLOCK_REASON_MAX } from '../../lib/protocol/share-values.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextArea } from '../ui/field.tsx'

interface ReasonDialogProps {
  readonly title: string
  readonly lead: string
  /** What it is about: other people's text. */
  readonly about: string
  readonly label: string
  readonly hint: string
  readonly action: string
  /** Does it; the dialog stays open, with the reason, when it fails. */
  readonly onConfirm: (reason: string) => Promise<void>
  readonly onClose: () => void
}

/** Asks for a decision, and why. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { about, action, hint, label, lead, onClose, onConfirm, title } = props
  const t = useTranslations('admin')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<AppError | null>(null)
  const confirm = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '')
    setBusy(true)
    setError(null)
    try {
      await onConfirm(reason)
      onClose()
    } catch (failure) {
      setError(toAppError(failure))
      setBusy(false)
    }
  }
  return (
    <Dialog open onOpenChange={open => !open && onClose()} title={title} description={lead}>
      <form onSubmit={confirm} className="mt-4 space-y-4">
        <p className="font-semibold [overflow-wrap:anywhere]">
          <Name text={about} />
        </p>
        <TextArea label={label} hint={hint} name="reason" maxLength={BLOCK_REASON_MAX} />
        {error && <ErrorNotice code={error.code} detail={error.detail} audience="reader" />}
        <div className="flex flex-wrap gap-3">
          <Button look="danger" type="submit" disabled={isBusy}>
            {action}
          </Button>
          <Button onClick={onClose}>{t('cancel')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
