import { FilePlus2, FolderPlus } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { PickedFile } from '../../lib/browser/picked-file.ts'
import { pickFiles, pickFolder } from '../../lib/publish/pick-files.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { Button } from '../ui/button.tsx'
import { FileInput } from './file-input.tsx'

interface CopyPanelProps {
  readonly picked: readonly PickedFile[]
  /** Part of a share's page instead of a page of its own. */
  readonly embedded: boolean
  /** Choosing a copy is the next step. */
  readonly isNext: boolean
  readonly onFiles: (files: readonly File[]) => void
  /** Missing when the check cannot start, or starts by itself. */
  readonly onCheck?: () => void
}

/** Choose the files or the folder to check. */
export function CopyPanel({ picked, embedded, isNext, onFiles, onCheck }: CopyPanelProps) {
  const t = useTranslations('heal')
  const format = useFormat()
  const none = picked.length === 0
  const size = picked.reduce((sum, { file }) => sum + file.size, 0)
  return (
    <section className={embedded ? 'space-y-3' : 'card space-y-3 p-4 sm:p-6'}>
      {!embedded && <h2 className="font-semibold text-xl">{t('copyTitle')}</h2>}
      <p className="text-muted">
        {none
          ? t(embedded ? 'entryText' : 'copyText')
          : `${t('chosen', { count: picked.length })} · ${format.bytes(size)}`}
      </p>
      <div className="flex flex-wrap gap-2">
        <FileInput label={t('copy')} multiple primary={none && isNext} pick={pickFiles} onFiles={onFiles}>
          <FilePlus2 aria-hidden="true" />
          {t(none ? 'chooseCopy' : 'otherCopy')}
        </FileInput>
        <FileInput label={t('folder')} folder pick={pickFolder} onFiles={onFiles}>
          <FolderPlus aria-hidden="true" />
          {t(none ? 'chooseFolder' : 'otherFolder')}
        </FileInput>
      </div>
      {!embedded && none && <p className="text-muted text-sm pointer-coarse:hidden">{t('dropHint')}</p>}
      {onCheck && (
        <Button look="primary" onClick={onCheck}>
          {t('check')}
        </Button>
      )}
    </section>
  )
}
