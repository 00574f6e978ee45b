'use client'

import { FilePlus2, FolderPlus } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useState } from 'react'
import { toast } from 'sonner'
import { type AppError, toAppError } from '../../../lib/base/errors.ts'
import { leaveDraft } from '../../../lib/browser/publications/draft.ts'
import { findPublication } from '../../../lib/browser/publications/find-publication.ts'
import { getRestoring } from '../../../lib/browser/publications/restorations.ts'
import {
  forgetPublication,
  restorePublication,
  restoreWithFiles,
  restoreWithPermission,
} from '../../../lib/browser/publications/restore-publication.ts'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import { getSession } from '../../../lib/browser/session/session.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { type PickedFile, pickFile } from '../../../lib/publish/plan.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useRestoring } from '../../../lib/react/share/use-restoring.ts'
import { useKeptPublication } from '../../../lib/react/use-kept-publication.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Name } from '../../common/name.tsx'
import { ProgressAnnouncer } from '../../common/progress-announcer.tsx'
import { useFileDrop } from '../../publish/use-file-drop.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { OwnerActions } from './owner-actions.tsx'

/** Enough names to know which files are meant. */
const NAMES_SHOWN = 5

interface RestorePanelProps {
  readonly share: Share
  readonly infoHash: InfoHash
  readonly owned: OwnedShare | undefined
}

/** For the publisher of a share whose tab has no files (any more): the shortest way back to sharing them. */
export function RestorePanel({ share, infoHash, owned }: RestorePanelProps) {
  const t = useTranslations('restore')
  const router = useRouter()
  const kept = useKeptPublication(infoHash)
  const tried = useRestoring(infoHash)
  const [error, setError] = useState<AppError | null>(null)
  const restoring = tried ?? (kept === null && owned ? NO_FILES : undefined)

  const attempt = async (action: () => Promise<string>, said: boolean) => {
    setError(null)
    try {
      if ((await action()) === 'seeding' && said) toast(t('done'))
    } catch (reason) {
      const failure = toAppError(reason)
      if (failure.code !== 'cancelled') setError(failure)
    }
  }
  const start = useEffectEvent(() => {
    const state = getRestoring(infoHash)?.state
    // `seeding` is from before a file changed on disk.
    if (kept && (state === undefined || state === 'seeding')) {
      void attempt(() => restorePublication(kept), false)
    }
  })
  useEffect(() => {
    if (kept) start()
  }, [kept])

  const chooseFiles = (files: readonly File[]) =>
    attempt(
      async () => restoreWithFiles(await findPublication(infoHash, share.title), files.map(pickFile)),
      true,
    )
  const giveUp = async () => {
    await forgetPublication(infoHash)
    await getSession()
      .leave(infoHash)
      .catch(reason => setError(toAppError(reason)))
  }
  const publishAsNew = (files: readonly PickedFile[]) => {
    leaveDraft({ files, title: share.title, description: share.description })
    router.push('/')
  }

  if (!restoring || restoring.state === 'seeding') return null
  const again = (
    <>
      <ChooseAgain folder={!isSingle(share)} main={restoring.state === 'needs-files'} onFiles={chooseFiles} />
      {kept && restoring.state !== 'needs-permission' && (
        <div className="mt-3">
          <p>{t('goneText')}</p>
          <Button className="mt-2" onClick={giveUp}>
            {t('gone')}
          </Button>
        </div>
      )}
    </>
  )
  return (
    <section data-restore={restoring.state} className="space-y-4">
      {error && <ErrorNotice code={error.code} detail={error.detail} />}
      {restoring.state === 'checking' && <Checking {...restoring} />}
      {restoring.state === 'needs-permission' && (
        <Notice tone="amber" title={t('permissionTitle')}>
          <p>{t('permissionText')}</p>
          <Button
            look="primary"
            className="mt-3"
            onClick={() => kept && attempt(() => restoreWithPermission(kept), true)}
          >
            {t('goOn')}
          </Button>
          {again}
        </Notice>
      )}
      {restoring.state === 'needs-files' && (
        <Notice tone="amber" title={t('filesTitle')} role="status">
          <p>{t('filesText')}</p>
          {restoring.missing.length > 0 && (
            <>
              <p className="font-semibold">{t('missing', { count: restoring.missing.length })}</p>
              <Names names={restoring.missing} />
              <p>{t('missingNext')}</p>
            </>
          )}
          {again}
        </Notice>
      )}
      {restoring.state === 'changed' && (
        <Notice tone="red" title={t('changedTitle', { count: restoring.changed.length })} role="alert">
          <Names names={restoring.changed} />
          <p>{t('changedText')}</p>
          <Button look="primary" className="mt-3" onClick={() => publishAsNew(restoring.files)}>
            {t('asNew')}
          </Button>
          {again}
        </Notice>
      )}
      <OwnerActions share={share} infoHash={infoHash} owned={owned} />
    </section>
  )
}

const NO_FILES = { state: 'needs-files', missing: [] } as const

const isSingle = ({ files, name }: Share): boolean => files.length === 1 && files[0]?.path === name

interface ChooseAgainProps {
  readonly folder: boolean
  /** It is the one next step, not a way out. */
  readonly main: boolean
  readonly onFiles: (files: readonly File[]) => void
}

function ChooseAgain({ folder, main, onFiles }: ChooseAgainProps) {
  const t = useTranslations('restore')
  const drop = useFileDrop(false, files => files.length > 0 && onFiles(files))
  return (
    <div {...drop.rootProps} className="mt-3 flex flex-wrap gap-2">
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

function Checking({ bytesDone, bytesTotal }: { readonly bytesDone: number; readonly bytesTotal: number }) {
  const t = useTranslations('restore')
  const format = useFormat()
  const value = bytesTotal === 0 ? 0 : bytesDone / bytesTotal
  return (
    <Notice tone="plain" title={t('checking')}>
      <p>{t(bytesTotal === 0 ? 'lookingText' : 'checkingText')}</p>
      {bytesTotal > 0 && (
        <Progress
          value={value}
          label={t('checking')}
          valueText={format.percent(value)}
          className="mt-3 w-full"
        />
      )}
      <ProgressAnnouncer state={t('checking')} value={value} />
    </Notice>
  )
}

function Names({ names }: { readonly names: readonly string[] }) {
  const t = useTranslations('restore')
  return (
    <ul className="list-disc break-words pl-5 [overflow-wrap:anywhere]">
      {names.slice(0, NAMES_SHOWN).map(name => (
        <li key={name}>
          <Name text={name} />
        </li>
      ))}
      {names.length > NAMES_SHOWN && <li>{t('more', { count: names.length - NAMES_SHOWN })}</li>}
    </ul>
  )
}
