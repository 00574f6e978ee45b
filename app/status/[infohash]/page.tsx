import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { cache } from 'react'
import { ShareHistoryView } from '../../../components/monitor/share-history.tsx'
import { BlockedPage } from '../../../components/operator/blocked-page.tsx'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { services } from '../../../server/pages/services.ts'
import { nullWhenAbsent } from '../absent.ts'

interface HistoryPageProps {
  readonly params: Promise<{ infohash: string }>
  readonly searchParams: Promise<{ readonly range?: string | string[] }>
}

const findHistory = cache(async (text: string) => {
  const infoHash = parseInfoHash(text)
  // An unlisted share looks like one that does not exist.
  return infoHash === null ? null : services().monitor.history(infoHash).catch(nullWhenAbsent)
})

export async function generateMetadata({ params }: HistoryPageProps): Promise<Metadata> {
  const history = await findHistory((await params).infohash)
  if (history === null) return {}
  const t = await getTranslations('status')
  return { title: t('historyOf', { name: visibleName(history.share.name) }), robots: { index: false } }
}

export default async function HistoryPage({ params, searchParams }: HistoryPageProps) {
  const infoHash = parseInfoHash((await params).infohash)
  const block = infoHash === null ? undefined : services().shares.block(infoHash)
  if (block) return <BlockedPage at={block.at} reason={block.reason} contact={services().operator.contact} />
  const history = await findHistory((await params).infohash)
  if (history === null) notFound()
  const range = (await searchParams).range === 'month' ? 'month' : 'day'
  return <ShareHistoryView history={history} range={range} />
}
