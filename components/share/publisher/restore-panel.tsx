'use client'

import { useTranslations } from 'next-intl'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useSettled } from '../../../lib/react/settling/known-here.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Name } from '../../common/name.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ChooseAgain } from './choose-again.tsx'
import { OwnerActions } from './owner-actions.tsx'
import { RestoreChecking } from './restore-checking.tsx'
import { useRestore } from './use-restore.ts'

/** Enough names to know which files are meant. */
const NAMES_SHOWN = 5

interface RestorePanelProps {
  readonly share: Share
  readonly infoHash: InfoHash
  readonly owned: OwnedShare | undefined
  /** Whether a server has all of it. */
  readonly hasCopy: boolean
}

/** For the publisher of a share whose tab no longer has the files: the shortest way to share them again. */
export function RestorePanel({ share, hasCopy, infoHash, owned }: RestorePanelProps) {
  const t = useTranslations('restore')
  const { allow, chooseFiles, error, giveUp, hasRecord, publishAsNew, restoring } = useRestore(
    share,
    infoHash,
    owned,
  )
  useSettled(restoring !== undefined && restoring.state !== 'checking')
  if (!restoring || restoring.state === 'seeding') return null
  const again = (
    <>
      <ChooseAgain folder={!isSingle(share)} main={restoring.state === 'needs-files'} onFiles={chooseFiles} />
      {hasRecord && restoring.state !== 'needs-permission' && (
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
      {restoring.state === 'checking' && <RestoreChecking {...restoring} />}
      {restoring.state === 'needs-permission' && (
        <Notice tone="amber" title={t('permissionTitle')}>
          <p>{t('permissionText')}</p>
          <Button look="primary" className="mt-3" onClick={allow}>
            {t('goOn')}
          </Button>
          {again}
        </Notice>
      )}
      {restoring.state === 'needs-files' && (
        <Notice tone={hasCopy ? 'plain' : 'amber'} title={t('filesTitle')} role="status">
          <p>{t(hasCopy ? 'filesTextCopy' : 'filesText')}</p>
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

const isSingle = ({ files, name }: Share): boolean => files.length === 1 && files[0]?.path === name

function Names({ names }: { readonly names: readonly string[] }) {
  const t = useTranslations('restore')
  return (
    <ul className="list-disc break-words ps-5 [overflow-wrap:anywhere]">
      {names.slice(0, NAMES_SHOWN).map(name => (
        <li key={name}>
          <Name text={name} />
        </li>
      ))}
      {names.length > NAMES_SHOWN && <li>{t('more', { count: names.length - NAMES_SHOWN })}</li>}
    </ul>
  )
}
