import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { updateShare } from '../../../lib/api/client.ts'
import { toAppError } from '../../../lib/base/errors.ts'
import { type OwnedShare, rememberOwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import { TITLE_MAX } from '../../../lib/protocol/share-values.ts'
import { toast } from '../../common/toast.ts'
import { Button } from '../../ui/button.tsx'

interface TitleFormProps {
  /** What is shown as the title. */
  readonly title: string
  readonly owned: OwnedShare
  readonly onClose: () => void
}

/** The title, changed where it stands. */
export function TitleForm({ title, owned, onClose }: TitleFormProps) {
  const t = useTranslations()
  const router = useRouter()
  const [busy, setBusy] = useState(false)
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const next = String(new FormData(event.currentTarget).get('title') ?? '').trim()
    setBusy(true)
    try {
      await updateShare(owned.infoHash, owned.ownerKey, { title: next })
      await rememberOwnedShare({ ...owned, title: next })
      router.refresh()
      toast.show(t('publisher.saved'))
      onClose()
    } catch (reason) {
      toast.error(t(`errors.${toAppError(reason).code}`))
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={save}
      onKeyDown={({ key }) => key === 'Escape' && onClose()}
      className="flex flex-wrap gap-2"
    >
      <input
        ref={field => field?.select()}
        name="title"
        aria-label={t('publish.title')}
        defaultValue={title}
        maxLength={TITLE_MAX}
        className="min-h-11 min-w-0 grow basis-72 rounded-control border border-edge bg-page px-3 font-bold text-xl"
      />
      <Button type="submit" look="primary" disabled={busy}>
        {t('publisher.save')}
      </Button>
      <Button onClick={onClose}>{t('publisher.cancel')}</Button>
    </form>
  )
}
