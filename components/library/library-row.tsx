import { Download, Pause, Play, Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { toAppError } from '../../lib/base/errors.ts'
import { resumeDownload } from '../../lib/browser/downloads/start-download.ts'
import { deleteEntry } from '../../lib/browser/library/delete-entry.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import type { LibraryEntry } from '../../lib/react/share/use-library.ts'
import { useLoss } from '../../lib/react/share/use-loss.ts'
import { useSwarm } from '../../lib/react/share/use-swarm.ts'
import { wasCancelled } from '../../lib/save/save.ts'
import { saveFile } from '../../lib/save/save-files.ts'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { RunningSaves } from '../share/reader/saving/running-saves.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Progress } from '../ui/progress.tsx'

interface LibraryRowProps {
  readonly entry: LibraryEntry
  readonly onDeleted: () => void
}

/** One share that this browser has a saved record of, and its actions. */
export function LibraryRow({ entry, onDeleted }: LibraryRowProps) {
  const t = useTranslations()
  const format = useFormat()
  const swarm = useSwarm(entry.infoHash)
  const [asking, setAsking] = useState(false)
  const length = swarm?.length ?? entry.length
  const downloaded = swarm?.downloaded ?? entry.downloaded
  const progress = length === 0 ? 0 : downloaded / length
  const state = swarm?.state ?? entry.state
  const lost = useLoss(entry.infoHash)
  const isDownload = entry.kind === 'unfinished' || entry.kind === 'finished'
  // The browser may have deleted files of a finished download.
  const complete = entry.kind === 'finished' && downloaded >= length
  const only = entry.selected.length === 1 ? entry.selected[0] : undefined
  const title = entry.title || t('library.untitled')

  const attempt = (action: () => Promise<unknown>) => () =>
    action().catch(reason => wasCancelled(reason) || toast.error(t(`errors.${toAppError(reason).code}`)))
  const remove = attempt(async () => {
    setAsking(false)
    await deleteEntry(thisTab(), entry)
    onDeleted()
  })
  const save = (index: number) =>
    attempt(async () => {
      // Only opening the share detects that the browser deleted or changed files.
      await resumeDownload(thisTab(), entry.infoHash)
      await saveFile(thisTab(), entry.infoHash, index)
    })
  const resume = attempt(async () => {
    if (swarm) thisTab().session.resume(entry.infoHash)
    else await resumeDownload(thisTab(), entry.infoHash)
  })

  return (
    <li
      data-share={entry.infoHash}
      data-kind={entry.kind}
      data-state={state}
      data-progress={progress}
      data-stored={entry.stored}
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-4"
    >
      <div className="min-w-0 flex-1 basis-64 space-y-2">
        {entry.kind === 'leftover' ? (
          <p className="break-words font-semibold [overflow-wrap:anywhere]">{title}</p>
        ) : (
          <Link
            href={`/d/${entry.infoHash}`}
            className="break-words font-semibold underline decoration-edge underline-offset-4 [overflow-wrap:anywhere] hover:decoration-2"
          >
            <Name text={title} />
          </Link>
        )}
        {isDownload && !complete && (
          <Progress
            value={progress}
            label={t('library.progress', { title })}
            valueText={format.percent(progress)}
          />
        )}
        <p className="text-muted text-sm tabular-nums">{words()}</p>
        <RunningSaves infoHash={entry.infoHash} />
        {lost > 0 && (
          <p data-lost={lost} className="text-sm">
            {t('tabNotices.lostTitle', { size: format.bytes(lost) })}. {t('tabNotices.lostText')}
          </p>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        {isDownload &&
          !complete &&
          (state === 'paused' ? (
            <Button onClick={resume}>
              <Play aria-hidden="true" />
              {t('reader.resume')}
              <span className="sr-only"> {title}</span>
            </Button>
          ) : (
            <Button onClick={() => thisTab().session.pause(entry.infoHash)}>
              <Pause aria-hidden="true" />
              {t('reader.pause')}
              <span className="sr-only"> {title}</span>
            </Button>
          ))}
        {complete &&
          (only === undefined ? (
            <Button asChild>
              <Link href={`/d/${entry.infoHash}`}>
                <Download aria-hidden="true" />
                {t('library.open')}
              </Link>
            </Button>
          ) : (
            <Button onClick={save(only)}>
              <Download aria-hidden="true" />
              {t('library.save')}
              <span className="sr-only"> {title}</span>
            </Button>
          ))}
        <Button look="quiet" onClick={() => setAsking(true)}>
          <Trash2 aria-hidden="true" />
          {t('library.delete')}
          <span className="sr-only"> {title}</span>
        </Button>
      </div>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={t('library.deleteTitle', { title })}
        description={t(entry.kind === 'published' ? 'library.deletePublished' : 'library.deleteText', {
          size: format.bytes(entry.stored),
        })}
      >
        <div className="mt-6 flex flex-wrap justify-end gap-2">
          <Button onClick={() => setAsking(false)}>{t('library.keep')}</Button>
          <Button look="danger" onClick={remove}>
            {t('library.delete')}
          </Button>
        </div>
      </Dialog>
    </li>
  )

  function words(): string {
    const stored = t('library.takes', { size: format.bytes(entry.stored) })
    if (entry.kind === 'leftover') return stored
    if (entry.kind === 'published') {
      return [format.bytes(entry.length), t(swarm ? `tab.state.${swarm.state}` : 'library.notShared')].join(
        ' · ',
      )
    }
    const amount = t('reader.of', { done: format.bytes(downloaded), total: format.bytes(length) })
    const now = swarm && t(`tab.state.${swarm.state}`)
    // Bytes of files that are no longer selected may be on disk too.
    return [amount, entry.stored !== downloaded && stored, now].filter(Boolean).join(' · ')
  }
}
