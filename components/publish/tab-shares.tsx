'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { listSavedRecords } from '../../lib/browser/records/saved-records.ts'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useSwarms } from '../../lib/react/share/use-swarm.ts'
import { Name } from '../common/name.tsx'

/** Every share that this browser takes part in, with a link to its page. */
export function TabShares() {
  const t = useTranslations('tab')
  const swarms = useSwarms()
  const titles = useOwnTitles(swarms.length)
  if (swarms.length === 0) return null
  return (
    <section id="sharing" aria-labelledby="sharing-title" className="mt-12">
      <h2 id="sharing-title" className="font-bold text-2xl tracking-tight">
        {t('title')}
      </h2>
      <p className="mb-4 text-muted">{t('until')}</p>
      <ul className="card divide-y divide-line px-4 sm:px-5">
        {swarms.map(swarm => (
          <TabShare key={swarm.infoHash} swarm={swarm} title={titles.get(swarm.infoHash) || t('untitled')} />
        ))}
      </ul>
    </section>
  )
}

function TabShare({ swarm, title }: { readonly swarm: SwarmSnapshot; readonly title: string }) {
  const t = useTranslations('tab')
  const format = useFormat()
  const rate = swarm.uploadRate + swarm.downloadRate
  return (
    <li className="relative flex min-h-16 flex-wrap items-center justify-between gap-x-4 py-3">
      <Link
        href={`/d/${swarm.infoHash}`}
        className="min-w-0 break-words font-semibold underline decoration-edge underline-offset-4 [overflow-wrap:anywhere] after:absolute after:inset-0 hover:decoration-2"
      >
        <Name text={title} />
      </Link>
      <p className="text-muted text-sm tabular-nums">
        {t(`state.${swarm.state}`)} · {t('readers', { count: swarm.peers.length })}
        {rate > 0 && ` · ${format.rate(rate)}`}
      </p>
    </li>
  )
}

/** Titles of this browser's shares; read again when their number (`count`) changes. */
function useOwnTitles(count: number): ReadonlyMap<string, string> {
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(new Map())
  useEffect(() => {
    if (count === 0) return
    listSavedRecords().then(
      shares => setTitles(new Map(shares.map(({ infoHash, title }) => [infoHash, title]))),
      () => undefined,
    )
  }, [count])
  return titles
}
