import { Download, FolderDown, Share2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { thisTab } from '../../../../lib/browser/this-tab.ts'
import { useFormat } from '../../../../lib/react/page/use-format.ts'
import { useRunningSaves } from '../../../../lib/react/share/use-running-saves.ts'
import { useSaving } from '../../../../lib/react/share/use-saving.ts'
import { wasCancelled } from '../../../../lib/save/save.ts'
import { canSaveToFolder, saveFile, saveToFolder, saveZip } from '../../../../lib/save/save-files.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import { visibleName } from '../../../../lib/torrent/paths.ts'
import { Button } from '../../../ui/button.tsx'
import { Notice } from '../../../ui/notice.tsx'
import type { ShareFile } from '../../share-files.tsx'
import { RunningSaves } from './running-saves.tsx'
import { SavingProgress } from './saving-progress.tsx'
import { canShareFiles } from './share-sheet.ts'
import { useShareSheet } from './use-share-sheet.ts'

/** Where the files were saved: a file is handed to the browser, a zip and a folder were written to their end. */
type Saved = { readonly as: 'file' | 'zip' } | { readonly as: 'folder'; readonly name: string }

interface SaveActionsProps {
  readonly infoHash: InfoHash
  /** The files to save, all complete. */
  readonly wanted: readonly ShareFile[]
  /** The only file was saved already, by itself or before a reload. */
  readonly isFileSaved: boolean
  readonly onError: (reason: unknown) => void
  /** `row`: in a list, beside others. Default: the one thing to do on the page. */
  readonly place?: 'page' | 'row'
}

/** Save complete files: one as it is, several as a zip or into a folder that the person picks; says where they are. */
export function SaveActions({ infoHash, wanted, isFileSaved, onError, place = 'page' }: SaveActionsProps) {
  const t = useTranslations()
  const format = useFormat()
  const saving = useSaving(onError)
  const sheet = useShareSheet(infoHash, wanted, saving, onError)
  const running = useRunningSaves(infoHash)
  const indexes = wanted.map(({ index }) => index)
  const chosen = indexes.join()
  // Of another choice of files nothing is saved yet.
  const [done, setDone] = useState<{ readonly chosen: string; readonly saved: Saved } | null>(null)
  const [only] = wanted
  const isSingle = wanted.length === 1 && only !== undefined
  const here = done?.chosen === chosen ? done.saved : null
  const saved = here ?? (isSingle && isFileSaved ? ({ as: 'file' } as const) : null)
  const total = wanted.reduce((sum, { length }) => sum + length, 0)
  const note = (next: Saved) => setDone({ chosen, saved: next })

  const toFile = async () => {
    if (!only) return
    try {
      await saveFile(thisTab(), infoHash, only.index)
      note({ as: 'file' })
    } catch (reason) {
      if (!wasCancelled(reason)) onError(reason)
    }
  }
  const toZip = () =>
    saving.run(total, async watch => {
      await saveZip(thisTab(), infoHash, indexes, watch)
      note({ as: 'zip' })
    })
  const toFolder = () =>
    saving.run(total, async watch => {
      const parent = await window.showDirectoryPicker({ id: 'tabseed', mode: 'readwrite' })
      note({ as: 'folder', name: await saveToFolder(thisTab(), infoHash, indexes, parent, watch) })
    })

  // It may have begun by itself, or from the list of files.
  if (isSingle && running.some(({ index }) => index === only.index))
    return <RunningSaves infoHash={infoHash} />
  if (saving.progress) {
    const { bytes, timeLeft } = saving.progress
    return (
      <SavingProgress
        value={total === 0 ? 1 : bytes / total}
        text={t('save.progress', { done: format.bytes(bytes), total: format.bytes(total) })}
        timeLeft={timeLeft}
        onCancel={saving.cancel}
      />
    )
  }
  const mainLook = saved
    ? ({} as const)
    : place === 'row'
      ? ({ look: 'primary' } as const)
      : ({ look: 'primary', size: 'large', className: 'w-full' } as const)
  const mainName = isSingle
    ? t('reader.save', { name: visibleName(only.path.at(-1) ?? '') })
    : t('save.saveZip')
  return (
    <div className="space-y-3">
      <RunningSaves infoHash={infoHash} />
      {saved && (
        <Notice tone="green" role="status" data-saved={saved.as} title={titleOf(saved)}>
          <p>{t(saved.as === 'folder' ? 'save.folderText' : 'save.savedText')}</p>
        </Notice>
      )}
      <div className={saved || place === 'row' ? 'flex flex-wrap gap-2' : 'flex flex-col gap-2'}>
        <Button {...mainLook} onClick={isSingle ? toFile : toZip}>
          <Download aria-hidden="true" />
          <span className="truncate">{saved ? t('save.again') : mainName}</span>
        </Button>
        {canShareFiles(wanted) && (
          <Button onClick={sheet.send}>
            <Share2 aria-hidden="true" />
            {t(sheet.isReady ? 'save.shareReady' : 'save.share', { count: wanted.length })}
          </Button>
        )}
        {!isSingle && canSaveToFolder() && (
          <Button onClick={toFolder}>
            <FolderDown aria-hidden="true" />
            {t('save.toFolder')}
          </Button>
        )}
      </div>
    </div>
  )

  function titleOf(place: Saved): string {
    if (place.as === 'folder') return t('save.folderDone', { name: visibleName(place.name) })
    return t('save.saved')
  }
}
