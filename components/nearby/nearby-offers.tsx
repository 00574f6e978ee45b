import { useTranslations } from 'next-intl'
import type { Offer } from '../../lib/nearby/nearby.ts'
import { useNearbyName } from '../../lib/react/nearby/use-nearby.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

interface NearbyOffersProps {
  readonly offers: readonly Offer[]
  readonly answer: (offer: Offer, answer: { readonly taken: boolean }) => Promise<void>
}

/** What others hand over: taking it opens its page. */
export function NearbyOffers({ answer, offers }: NearbyOffersProps) {
  const t = useTranslations('nearby')
  const nameOf = useNearbyName()
  const take = async (offer: Offer) => {
    await answer(offer, { taken: true })
    // A whole load, so that the part behind the # is read as of a link that was opened.
    location.assign(offer.share.path)
  }
  return (
    <div aria-live="polite" className="space-y-3 empty:hidden">
      {offers.map(offer => (
        <Notice
          key={offer.id}
          tone="green"
          data-offer={offer.id}
          title={t('offer', { name: nameOf(offer.from.name), title: visibleName(offer.share.title) })}
        >
          <div className="flex flex-wrap gap-2 pt-2">
            <Button look="primary" onClick={() => take(offer)}>
              {t('take')}
            </Button>
            <Button onClick={() => answer(offer, { taken: false })}>{t('refuse')}</Button>
          </div>
        </Notice>
      ))}
    </div>
  )
}
