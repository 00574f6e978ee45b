'use client'

import { Radar } from 'lucide-react'
import Link from 'next/link'
import { useSearchParams } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useHandable, useNearby, useNearbyName } from '../../lib/react/nearby/use-nearby.ts'
import { useInBrowser } from '../../lib/react/page/use-in-browser.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Button } from '../ui/button.tsx'
import { Choice } from '../ui/choice.tsx'
import { Notice } from '../ui/notice.tsx'
import { NearbyCode } from './nearby-code.tsx'
import { NearbyOffers } from './nearby-offers.tsx'
import { NearbyPeople } from './nearby-people.tsx'

/** Being seen by other devices, and handing shares over. `?share=<infohash>` chooses what. */
export function NearbyView() {
  const t = useTranslations('nearby')
  const nameOf = useNearbyName()
  const { nearby, state } = useNearby()
  const shares = useHandable()
  const asked = useSearchParams().get('share')
  const isReady = useInBrowser()
  const [picked, setPicked] = useState<string | null>(null)
  const wanted = picked ?? shares.find(({ path }) => asked !== null && path.startsWith(`/d/${asked}`))?.path
  const share = shares.find(({ path }) => path === wanted) ?? shares[0]

  if (state.is === 'off' || state.is === 'starting') {
    return (
      <section className="card space-y-4 p-4 sm:p-6" data-nearby={state.is}>
        <p className="text-muted">{t('startHint')}</p>
        {state.error && <ErrorNotice code={state.error.code} />}
        <Button
          look="primary"
          size="large"
          disabled={!isReady || state.is === 'starting'}
          onClick={() => nearby.start()}
        >
          <Radar aria-hidden="true" />
          {t('start')}
        </Button>
      </section>
    )
  }
  return (
    <div className="space-y-6" data-nearby={state.is}>
      <NearbyOffers offers={state.offers} answer={(offer, answer) => nearby.answer(offer, answer)} />
      {state.is === 'away' && (
        <Notice tone="amber" role="status">
          <p>{t('away')}</p>
        </Notice>
      )}
      {state.error && <ErrorNotice key={state.error.code} code={state.error.code} />}
      <section className="card space-y-5 p-4 sm:p-6">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h2 className="font-bold text-2xl tracking-tight">{t('me', { name: nameOf(state.name) })}</h2>
          <Button onClick={() => nearby.stop()}>{t('stop')}</Button>
        </div>
        {share ? (
          <Choice
            label={t('what')}
            values={shares.map(({ path }) => path)}
            value={share.path}
            nameOf={path => visibleName(shares.find(each => each.path === path)?.title ?? '')}
            onChange={setPicked}
          />
        ) : (
          <p className="text-muted">
            {t('nothing')}{' '}
            <Link href="/" className="underline underline-offset-4">
              {t('publish')}
            </Link>
          </p>
        )}
        <NearbyPeople
          people={state.people}
          handed={state.handed}
          canHand={share !== undefined}
          hand={person => share && nearby.hand(person, share)}
        />
      </section>
      <NearbyCode code={state.code} setCode={code => nearby.setCode(code)} />
    </div>
  )
}
