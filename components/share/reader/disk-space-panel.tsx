import { Download, FileDown, ListChecks, RotateCw } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useSaving } from '../../../lib/react/share/use-saving.ts'
import { passedName, passOn } from '../../../lib/save/pass-on.ts'
import { canStreamToDownloads } from '../../../lib/save/save.ts'
import type { Room } from '../../../lib/storage/room.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { ShareFile } from '../share-files.tsx'
import { SavingProgress } from './saving/saving-progress.tsx'

interface DiskSpacePanelProps {
  readonly infoHash: InfoHash
  readonly shareName: string
  readonly wanted: readonly ShareFile[]
  readonly room: Room
  /** Go to the list of files; missing when there is only one. */
  readonly onFewer?: () => void
  /** Check the space again and start. */
  readonly onRetry: () => void
  readonly onError: (reason: unknown) => void
}

/** Not enough disk space for a download: how much is missing, and what is possible without it. */
export function DiskSpacePanel({
  infoHash,
  shareName,
  wanted,
  room,
  onFewer,
  onRetry,
  onError,
}: DiskSpacePanelProps) {
  const t = useTranslations('room')
  const format = useFormat()
  const saving = useSaving(onError)
  const [saved, setSaved] = useState(false)
  const heading = useRef<HTMLDivElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const indexes = wanted.map(({ index }) => index)
  const total = wanted.reduce((sum, { length }) => sum + length, 0)

  const pass = (pick?: () => Promise<FileSystemFileHandle>) =>
    saving.run(total, async watch => {
      await passOn(thisTab(), infoHash, indexes, (await pick?.()) ?? null, watch)
      setSaved(true)
    })
  const suggestedName = passedName(
    shareName,
    wanted.map(({ path }) => path),
  )
  const pickFile = () => window.showSaveFilePicker({ id: 'tabseed', suggestedName })

  if (saving.progress) {
    const { bytes, timeLeft } = saving.progress
    return (
      <section className="card space-y-4 p-4 sm:p-6" data-room="passing">
        <SavingProgress
          value={total === 0 ? 1 : bytes / total}
          text={t('progress', { done: format.bytes(bytes), total: format.bytes(total) })}
          timeLeft={timeLeft}
          onCancel={saving.cancel}
        />
        <Notice tone="plain">
          <p>{t('honest')}</p>
        </Notice>
      </section>
    )
  }
  if (saved) {
    return (
      <Notice tone="green" role="status" title={t('savedTitle')} data-room="saved">
        <p>{t('saved')}</p>
      </Notice>
    )
  }
  return (
    <section className="card space-y-4 p-4 sm:p-6" data-room="missing" data-missing={room.missing}>
      <Notice
        tone="amber"
        role="alert"
        title={t('title')}
        tabIndex={-1}
        ref={heading}
        className="outline-none"
      >
        <p>
          {t('missing', {
            missing: format.bytes(room.missing),
            wanted: format.bytes(total),
            available: format.bytes(room.available),
          })}
        </p>
        <p>{t('ways')}</p>
      </Notice>
      <div className="grid gap-2 sm:grid-cols-2">
        {'showSaveFilePicker' in window && (
          <Button onClick={() => pass(pickFile)}>
            <FileDown aria-hidden="true" />
            {t('toFile')}
          </Button>
        )}
        {canStreamToDownloads() && (
          <Button onClick={() => pass()}>
            <Download aria-hidden="true" />
            {t('toDownloads')}
          </Button>
        )}
        {onFewer && (
          <Button onClick={onFewer}>
            <ListChecks aria-hidden="true" />
            {t('fewer')}
          </Button>
        )}
        <Button onClick={onRetry}>
          <RotateCw aria-hidden="true" />
          {t('retry')}
        </Button>
      </div>
      <p className="text-muted text-sm">{t('honest')}</p>
    </section>
  )
}
