import { useTranslations } from 'next-intl'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'

interface AskNewShareProps {
  readonly count: number
  readonly onYes: () => void
  readonly onNo: () => void
}

/** Asks whether files that were dropped on the page of a share are meant for another one. */
export function AskNewShare({ count, onYes, onNo }: AskNewShareProps) {
  const t = useTranslations('newShare')
  const format = useFormat()
  return (
    <Dialog
      open
      onOpenChange={open => !open && onNo()}
      title={t('title', { files: format.files(count) })}
      description={t('text')}
    >
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <Button onClick={onNo}>{t('no')}</Button>
        <Button look="primary" onClick={onYes}>
          {t('yes')}
        </Button>
      </div>
    </Dialog>
  )
}
