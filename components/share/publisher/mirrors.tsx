'use client'

import { Trash2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import type { Share, WebSeeds } from '../../../lib/protocol/share.ts'
import { WEB_SEEDS_MAX } from '../../../lib/protocol/share-values.ts'
import { useMirrorCheck } from '../../../lib/react/publisher/use-mirror-check.ts'
import { useMirrors } from '../../../lib/react/publisher/use-mirrors.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Button } from '../../ui/button.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { TextField } from '../../ui/field.tsx'

/** Message keys for mirrors that failed, by error code. */
const FAULTS: Readonly<Record<string, 'private' | 'wrong'>> = {
  web_seed_private: 'private',
  web_seed_wrong: 'wrong',
}

interface MirrorsProps {
  /** Of an encrypted share, mirrors have what is `outside`. */
  readonly share: Share & { readonly outside?: Share }
  readonly owned: OwnedShare
}

/** For the owner: web seeds on other servers. Loaded only when it is opened. */
export function Mirrors(props: MirrorsProps) {
  const t = useTranslations('mirrors')
  const [opened, setOpened] = useState(false)
  return (
    <Disclosure title={t('title')} className="card px-4 sm:px-5" onOpen={() => setOpened(true)}>
      <p className="text-muted text-sm">{t('hint')}</p>
      {opened && <MirrorList {...props} />}
    </Disclosure>
  )
}

function MirrorList({ owned, share }: MirrorsProps) {
  const t = useTranslations('mirrors')
  const { busy, error, mirrors, replace } = useMirrors(owned.infoHash, owned.ownerKey)
  const [text, setText] = useState('')
  const urls = mirrors?.map(({ url }) => url) ?? []

  const add = async (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '' && (await replace([...urls, text.trim()]))) setText('')
  }
  return (
    <div className="mt-3 space-y-4">
      {mirrors && mirrors.length > 0 && (
        <ul aria-label={t('title')} className="divide-y divide-line border-line border-y">
          {mirrors.map(mirror => (
            <MirrorRow
              key={mirror.url}
              mirror={mirror}
              share={share.outside ?? share}
              busy={busy}
              onRemove={() => void replace(urls.filter(url => url !== mirror.url))}
            />
          ))}
        </ul>
      )}
      {urls.length < WEB_SEEDS_MAX && (
        <form onSubmit={event => void add(event)} className="space-y-3">
          <TextField
            label={t('address')}
            hint={t('addressHint')}
            type="url"
            inputMode="url"
            placeholder="https://"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
          <Button type="submit" disabled={busy || mirrors === undefined}>
            {t('add')}
          </Button>
        </form>
      )}
      <p role="status" className="text-muted text-sm">
        {busy && t('checking')}
      </p>
      {error && <ErrorNotice code={error.code} detail={error.detail} />}
    </div>
  )
}

interface MirrorRowProps {
  readonly mirror: WebSeeds['webSeeds'][number]
  readonly share: Share
  readonly busy: boolean
  readonly onRemove: () => void
}

function MirrorRow({ busy, mirror, onRemove, share }: MirrorRowProps) {
  const t = useTranslations('mirrors')
  const { reason, state, url } = mirror
  return (
    <li data-mirror={state} className="flex items-center gap-3 py-2">
      <div className="min-w-0 grow text-sm">
        <p className="break-all">{url}</p>
        <p className={state === 'ok' ? 'text-muted' : 'text-red'}>
          {state === 'ok' ? t('ok') : t(FAULTS[reason ?? ''] ?? 'unreachable')}
        </p>
        {state === 'ok' && <BrowserCheck url={url} share={share} />}
      </div>
      <Button look="quiet" size="icon" disabled={busy} onClick={onRemove} aria-label={t('remove', { url })}>
        <Trash2 aria-hidden="true" />
      </Button>
    </li>
  )
}

/** Whether browsers can fetch from a mirror, which the server cannot know. */
function BrowserCheck({ url, share }: { readonly url: string; readonly share: Share }) {
  const t = useTranslations('mirrors')
  const works = useMirrorCheck(url, share)
  return (
    <p role="status" data-browsers={works} className="text-amber">
      {works === false && t('notForBrowsers')}
    </p>
  )
}
