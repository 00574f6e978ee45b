import { notFound } from 'next/navigation'
import { ImageResponse } from 'next/og'
import { getLocale, getTranslations } from 'next-intl/server'
import { drawable, LINK_CARD_SIZE, LinkCard } from '../../../components/shell/link-card.tsx'
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
  const line = `${t('units.files', { count: share.fileCount })} · ${formatBytes(share.length, await getLocale())}`
  const title = drawable(share.title) || drawable(share.name) || t('tab.untitled')
  return new ImageResponse(<LinkCard title={title} line={line} />, size)
}
