import { FilePlus2, FolderPlus } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useFileDrop } from '../../publish/drop/use-file-drop.ts'
import { Button } from '../../ui/button.tsx'

interface ChooseAgainProps {
  /** The share may be a folder. */
  readonly folder: boolean
  /** Choosing is the next step, not one of several. */
  readonly main: boolean
  readonly onFiles: (files: readonly File[]) => void
}

/** Choose, or drop, the files that were published. */
export function ChooseAgain({ folder, main, onFiles }: ChooseAgainProps) {
  const t = useTranslations('restore')
  const drop = useFileDrop(({ files }) => files.length > 0 && onFiles(files), { area: 'element' })
  return (
    <div {...drop.dropProps} className="mt-3 flex flex-wrap gap-2">
      <input {...drop.fileInputProps} aria-label={t('sameFiles')} />
      {folder && (
        <>
          <input {...drop.folderInputProps} aria-label={t('sameFolder')} />
          <Button look={main ? 'primary' : 'secondary'} onClick={drop.chooseFolder} disabled={drop.reading}>
            <FolderPlus aria-hidden="true" />
            {t('sameFolder')}
          </Button>
        </>
      )}
      <Button
        look={main && !folder ? 'primary' : 'secondary'}
        onClick={drop.chooseFiles}
        disabled={drop.reading}
      >
        <FilePlus2 aria-hidden="true" />
        {t('sameFiles')}
      </Button>
    </div>
  )
}
