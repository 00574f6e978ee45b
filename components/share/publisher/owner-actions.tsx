'use client'

import { CircleStop, Pencil } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { deleteShare, updateShare } from '../../../lib/api/client.ts'
import { toAppError } from '../../../lib/base/errors.ts'
import { forgetPublication } from '../../../lib/browser/publications/restore-publication.ts'
import {
  forgetOwnedShare,
  type OwnedShare,
  rememberOwnedShare,
} from '../../../lib/browser/records/owned-shares.ts'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { DESCRIPTION_MAX, TITLE_MAX } from '../../../lib/protocol/share-values.ts'
import { useTerms } from '../../../lib/react/page/use-terms.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { EndsFields } from '../../common/ends-fields.tsx'
import { endsOf } from '../../common/ends-of.ts'
import { toast } from '../../common/toast.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SwitchField, TextArea, TextField } from '../../ui/field.tsx'

interface OwnerActionsProps {
  readonly share: Share
  readonly infoHash: InfoHash
  /** Undefined: without the owner key this tab can leave the swarm, but not delete the share. */
  readonly owned: OwnedShare | undefined
}

/** The publisher's actions: edit title and description, stop sharing. */
export function OwnerActions({ share, infoHash, owned }: OwnerActionsProps) {
  const t = useTranslations()
  const router = useRouter()
  const mayList = useTerms().lists === 'choice' && !share.private && !share.encrypted
  const [dialog, setDialog] = useState<'edit' | 'stop' | null>(null)
  const [busy, setBusy] = useState(false)
  const close = () => setDialog(null)
  const editLabel = share.encrypted ? 'publisher.editEnds' : 'publisher.edit'

  /** Run `action` and close the dialog; shows why it failed. */
  const attempt = async (action: () => Promise<void>) => {
    setBusy(true)
    try {
      await action()
      close()
    } catch (reason) {
      toast.error(t(`errors.${toAppError(reason).code}`))
    } finally {
      setBusy(false)
    }
  }
  const stop = () =>
    attempt(async () => {
      // The link first: if that fails, readers must still find this tab behind it.
      if (owned) {
        await deleteShare(infoHash, owned.ownerKey).catch(reason => {
          // Deleted elsewhere, or no longer ours: nothing to delete on the server, so only this tab stops.
          const { code } = toAppError(reason)
          if (code !== 'share_not_found' && code !== 'owner_key_wrong') throw reason
        })
        await forgetOwnedShare(infoHash)
      }
      await forgetPublication(thisTab(), infoHash)
      await thisTab().session.leave(infoHash)
      toast.show(t(owned ? 'publisher.stopDone' : 'publisher.leaveDone'))
      router.push('/')
    })
  const edit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    void attempt(async () => {
      if (!owned) return
      // What is in an encrypted share cannot be changed any more.
      const title = share.encrypted ? owned.title : String(form.get('title') ?? '').trim()
      const words = { title, description: String(form.get('description') ?? '').trim() }
      await updateShare(infoHash, owned.ownerKey, {
        ...(!share.encrypted && words),
        ...endsOf(form),
        ...(mayList && { listed: form.has('listed') }),
      })
      await rememberOwnedShare({ ...owned, title })
      router.refresh()
      toast.show(t('publisher.saved'))
    })
  }

  return (
    <div className="flex flex-wrap gap-2">
      {owned && (
        <Button onClick={() => setDialog('edit')}>
          <Pencil aria-hidden="true" />
          {t(editLabel)}
        </Button>
      )}
      <Button look="danger" onClick={() => setDialog('stop')}>
        <CircleStop aria-hidden="true" />
        {t('publisher.stop')}
      </Button>

      <Dialog
        open={dialog === 'stop'}
        onOpenChange={close}
        title={t('publisher.stopTitle')}
        description={t(owned ? 'publisher.stopText' : 'publisher.leaveText')}
      >
        <div className="mt-6 flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{t('publisher.stopKeep')}</Button>
          <Button look="danger" onClick={stop} disabled={busy}>
            {t('publisher.stop')}
          </Button>
        </div>
      </Dialog>

      <Dialog
        open={dialog === 'edit'}
        onOpenChange={close}
        title={t(editLabel)}
        closeLabel={t('share.close')}
      >
        <form onSubmit={edit} className="mt-4 space-y-4">
          {!share.encrypted && (
            <>
              <TextField
                name="title"
                label={t('publish.title')}
                hint={t('publish.titleHint')}
                maxLength={TITLE_MAX}
                defaultValue={share.title}
              />
              <TextArea
                name="description"
                label={t('publish.text')}
                hint={t('publish.textHint')}
                maxLength={DESCRIPTION_MAX}
                defaultValue={share.description}
              />
            </>
          )}
          <EndsFields start="keep" />
          {mayList && (
            <SwitchField
              name="listed"
              label={t('publish.listed')}
              hint={t('publish.listedHint')}
              defaultChecked={share.listed}
            />
          )}
          <Button type="submit" look="primary" disabled={busy}>
            {t('publisher.save')}
          </Button>
        </form>
      </Dialog>
    </div>
  )
}
