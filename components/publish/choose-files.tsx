import { FilePlus2, FolderPlus } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { Button } from '../ui/button.tsx'
import { Illustration } from './illustration.tsx'

export interface ChooseFilesProps {
  /** True while the browser lists the files of a dropped folder. */
  readonly reading: boolean
  readonly chooseFiles: () => void
  readonly chooseFolder: () => void
  /** What is chosen could not be taken yet. */
  readonly waits?: boolean
}

/** The place where files are dropped, with the buttons that choose them. */
export function ChooseFiles({ reading, chooseFiles, chooseFolder, waits = false }: ChooseFilesProps) {
  const t = useTranslations('publish')
  return (
    <div className="card mb-4 p-2 noscript:hidden">
      <div className="flex flex-col items-center gap-6 rounded-[0.875rem] border-2 border-edge/50 border-dashed px-4 py-10 text-center sm:py-14">
        <Illustration className="h-20 w-28" />
        <div aria-live="polite">
          <h2 className="font-semibold text-2xl">{reading ? t('reading') : t('add')}</h2>
          <p className="mt-1 text-muted pointer-coarse:hidden">{t('dropOrPaste')}</p>
        </div>
        <div className="flex w-full flex-col justify-center gap-3 sm:w-auto sm:flex-row">
          <Button look="primary" size="large" onClick={chooseFiles} disabled={reading || waits}>
            <FilePlus2 aria-hidden="true" />
            {t('chooseFiles')}
          </Button>
          <Button size="large" onClick={chooseFolder} disabled={reading || waits}>
            <FolderPlus aria-hidden="true" />
            {t('chooseFolder')}
          </Button>
        </div>
      </div>
    </div>
  )
}
