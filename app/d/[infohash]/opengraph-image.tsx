import { notFound } from 'next/navigation'
import { getLocale, getTranslations } from 'next-intl/server'
import { amountLine, drawable, LINK_CARD_SIZE, linkCard } from '../../../components/shell/link-card.tsx'
import { formatBytes } from '../../../lib/base/format.ts'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import { services } from '../../../server/pages/services.ts'

export const size = LINK_CARD_SIZE
export const contentType = 'image/png'

export default async function Image({ params }: { readonly params: Promise<{ infohash: string }> }) {
  const infoHash = parseInfoHash((await params).infohash)
  const share = infoHash === null ? undefined : await services().shares.find(infoHash)
  if (!share) notFound()
  const t = await getTranslations()
  const locale = await getLocale()
  if (share.encrypted) {
    const title = t('units.encryptedShare', { size: formatBytes(share.length, locale) })
    return linkCard({ title: drawable(title) || 'Tabseed', line: drawable(t('units.encryptedHint')) })
  }
  const line = await amountLine(share, locale)
  const title = drawable(share.title) || drawable(share.name) || drawable(t('tab.untitled')) || 'Tabseed'
  return linkCard({ title, line })
}
