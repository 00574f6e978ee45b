import { Download, FolderDown } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useSaving } from '../../../lib/react/share/use-saving.ts'
import { canSaveToFolder, saveFile, saveToFolder, saveZip } from '../../../lib/save/save-files.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { toast } from '../../common/toast.ts'
import { Button } from '../../ui/button.tsx'
import type { ShareFile } from '../share-files.tsx'
import { SavingProgress } from './saving-progress.tsx'

interface SaveActionsProps {
  readonly infoHash: InfoHash
  /** The files to save, all complete. */
  readonly wanted: readonly ShareFile[]
  readonly onError: (reason: unknown) => void
}

/** Save complete files: one as it is, several as a zip or into a folder that the person picks. */
export function SaveActions({ infoHash, wanted, onError }: SaveActionsProps) {
  const t = useTranslations()
  const format = useFormat()
  const saving = useSaving(onError)
  const indexes = wanted.map(({ index }) => index)
  const total = wanted.reduce((sum, { length }) => sum + length, 0)
  const [only] = wanted

  const toFolder = () =>
    saving.run(async watch => {
      const parent = await window.showDirectoryPicker({ id: 'tabseed', mode: 'readwrite' })
      const name = await saveToFolder(thisTab(), infoHash, indexes, parent, watch)
      toast.show(t('save.folderDone', { name: visibleName(name) }))
    })

  if (wanted.length === 1 && only) {
    return (
      <Button
        look="primary"
        size="large"
        className="w-full"
        onClick={() => saveFile(thisTab(), infoHash, only.index).catch(onError)}
      >
        <Download aria-hidden="true" />
        <span className="truncate">{t('reader.save', { name: visibleName(only.path.at(-1) ?? '') })}</span>
      </Button>
    )
  }
  if (saving.bytes !== null) {
    return (
      <SavingProgress
        value={total === 0 ? 1 : saving.bytes / total}
        text={t('save.progress', { done: format.bytes(saving.bytes), total: format.bytes(total) })}
        onCancel={saving.cancel}
      />
    )
  }
  return (
    <div className="flex flex-col gap-2">
      <Button
        look="primary"
        size="large"
        className="w-full"
        onClick={() => saving.run(watch => saveZip(thisTab(), infoHash, indexes, watch))}
      >
        <Download aria-hidden="true" />
        {t('save.saveZip')}
      </Button>
      {canSaveToFolder() && (
        <Button onClick={toFolder}>
          <FolderDown aria-hidden="true" />
          {t('save.toFolder')}
        </Button>
      )}
    </div>
  )
}
