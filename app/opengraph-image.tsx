import { getLocale, getTranslations } from 'next-intl/server'
import { drawable, LINK_CARD_SIZE, linkCard } from '../components/shell/link-card.tsx'

export const size = LINK_CARD_SIZE
export const contentType = 'image/png'

export default async function Image() {
  const texts = async (locale: Awaited<ReturnType<typeof getLocale>>) => {
    const t = await getTranslations({ locale, namespace: 'app' })
    return [t('tagline'), t('description')] as const
  }
  const own = await texts(await getLocale())
  // Not every script is in the card's fonts.
  const [title, line] = own.every(text => drawable(text) === text) ? own : await texts('en')
  return linkCard({ title, line })
}
