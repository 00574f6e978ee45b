import { ImageResponse } from 'next/og'
import { getTranslations } from 'next-intl/server'
import { LINK_CARD_SIZE, LinkCard } from '../components/shell/link-card.tsx'

export const size = LINK_CARD_SIZE
export const contentType = 'image/png'

export default async function Image() {
  const t = await getTranslations('app')
  return new ImageResponse(<LinkCard title={t('tagline')} line={t('description')} />, size)
}
