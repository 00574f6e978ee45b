import { useTranslations } from 'next-intl'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import { parseLinkKey } from '../../../lib/encryption/link-key.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { CopyButton } from '../../common/copy-button.tsx'

interface PasswordCopyProps {
  readonly infoHash: InfoHash
  /** With its key. */
  readonly url: string
}

/** For the publisher of a share with a password: both texts to copy, apart; nothing for other shares. */
export function PasswordCopy({ infoHash, url }: PasswordCopyProps) {
  const t = useTranslations('sealed')
  const { passwords } = thisTab().seals
  const password = passwords.get(infoHash)
  if (parseLinkKey(new URL(url).hash).password === null) return null
  if (password === undefined) {
    return (
      <p data-password="unknown" className="text-muted text-sm">
        {t('passwordGone')}
      </p>
    )
  }
  return (
    <section aria-label={t('copyApart')} data-password="known" className="space-y-2">
      <h2 className="font-semibold">{t('copyApart')}</h2>
      <p className="text-muted text-sm">{t('copyApartHint')}</p>
      <div className="flex flex-wrap gap-4">
        <span className="flex items-center gap-2">
          {t('link')}
          <CopyButton text={url} label={t('copyLink')} />
        </span>
        <span className="flex items-center gap-2">
          {t('password')}
          <CopyButton text={password} label={t('copyPassword')} />
        </span>
      </div>
    </section>
  )
}
