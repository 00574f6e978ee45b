import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useState } from 'react'
import { type AppError, toAppError } from '../../../lib/base/errors.ts'
import { type PickedFile, pickFile } from '../../../lib/browser/picked-file.ts'
import { findPublication } from '../../../lib/browser/publications/find-publication.ts'
import {
  forgetPublication,
  restorePublication,
  restoreWithFiles,
  restoreWithPermission,
} from '../../../lib/browser/publications/restore-publication.ts'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { usePublicationRecord } from '../../../lib/react/share/use-publication-record.ts'
import { useRestoring } from '../../../lib/react/share/use-restoring.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { toast } from '../../common/toast.ts'

const NO_FILES = { state: 'needs-files', missing: [] } as const

/**
 * Brings a publication back: without a click where this browser's record allows it, else with the person's permission or their
 * files. `restoring` is undefined where this browser published nothing.
 */
export function useRestore(share: Share, infoHash: InfoHash, owned: OwnedShare | undefined) {
  const t = useTranslations('restore')
  const router = useRouter()
  const record = usePublicationRecord(infoHash)
  const tried = useRestoring(infoHash)
  const [error, setError] = useState<AppError | null>(null)

  const attempt = async (action: () => Promise<string>): Promise<string | null> => {
    setError(null)
    try {
      return await action()
    } catch (reason) {
      const failure = toAppError(reason)
      if (failure.code !== 'cancelled') setError(failure)
      return null
    }
  }
  /** As `attempt`, for what the person asked for: says when it worked. */
  const attemptAloud = async (action: () => Promise<string>) => {
    if ((await attempt(action)) === 'seeding') toast.show(t('done'))
  }
  const restore = useEffectEvent(() => {
    const state = thisTab().restorations.get(infoHash)?.state
    // `seeding` is left from before a file changed on disk.
    if (record && (state === undefined || state === 'seeding'))
      void attempt(() => restorePublication(thisTab(), record))
  })
  useEffect(() => {
    if (record) restore()
  }, [record])

  return {
    error,
    hasRecord: Boolean(record),
    restoring: tried ?? (record === null && owned ? NO_FILES : undefined),
    allow: () => record && attemptAloud(() => restoreWithPermission(thisTab(), record)),
    chooseFiles: (files: readonly File[]) =>
      attemptAloud(async () =>
        restoreWithFiles(
          thisTab(),
          await findPublication(thisTab(), infoHash, share.title),
          files.map(pickFile),
        ),
      ),
    giveUp: async () => {
      await forgetPublication(thisTab(), infoHash)
      await thisTab()
        .session.leave(infoHash)
        .catch(reason => setError(toAppError(reason)))
    },
    publishAsNew: (files: readonly PickedFile[]) => {
      thisTab().draft.put({ files, title: share.title, description: share.description })
      router.push('/')
    },
  }
}
